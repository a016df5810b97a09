"""The IoU of two boxes, and the distance and angle between their centers."""

from typing import Any

from portable_losses import ops
from portable_losses.losses.detection._shared import BoxLoss, Overlaps

ROUNDING = 1e-6
"""A smaller distance along an axis, relative to the enclosing box, counts as 0 in the
angle."""

TINY = 1e-20


class ScyllaIoU(BoxLoss):
    """SCYLLA IoU loss (SIoU).

    It penalizes a small overlap of two boxes, the distance of their centers and the
    relative differences of their widths and heights. The cost of the distance depends
    on its angle, so that a box first moves onto an axis through the center of the
    target, and then along it.

    With I and U the areas of intersection and union, (x, y) the vector from center to
    center, W and H the sides of the smallest box that encloses both, and w, h and w',
    h' the sides of the two boxes, the item is

        1 - I / U + (D + S) / 2
        A = 2 |x| |y| / (x^2 + y^2)
        D = 2 - exp(-(2 - A) (x / W)^2) - exp(-(2 - A) (y / H)^2)
        S = (1 - exp(-|w - w'| / max(w, w')))^4 + (1 - exp(-|h - h'| / max(h, h')))^4

    from 0 for equal boxes to below 2.03. A is the sine of twice the angle of (x, y),
    which the paper writes as 1 - 2 sin^2(asin(|y| / sqrt(x^2 + y^2)) - pi / 4).

    Shapes: `y_true` and `y_pred` are `(B, ..., 4)`, a target for each box; items are
    `(B, ...)`, one per box.

    Args:
        bounding_box_format: "xyxy" (left, top, right, bottom), "yxyx" (top, left,
            bottom, right), "xywh" (left, top, width, height) or "center_xywh".
        epsilon: > 0, the smallest U, W^2 and H^2, in squares of the boxes' unit, and
            the smallest max(w, w') and max(h, h'). Boxes in fractions of an image with
            sides below 3e-4 need a smaller one.

    Edge cases: A is 0 for equal centers, and where |x| or |y| is below 1e-6 of the
    enclosing box. Boxes that do not touch have a nonzero gradient through D and S. A
    predicted box with a side of 0 also has a nonzero gradient, so that it can grow. A
    negative side (right < left) counts as 0. Two boxes without area at the same place
    cost 1 if their sides are equal.

    Raises:
        ValueError: for an unknown format, an epsilon that is not > 0, shapes that
            differ, and a last axis that is not 4.

    Example:
        >>> loss = portable_losses.ScyllaIoU()
        >>> round(float(loss([[0.0, 0.0, 1.0, 1.0]], [[0.0, 0.0, 1.0, 0.5]])), 4)
        0.5707

    Reference:
        Gevorgyan, "SIoU loss: More powerful learning for bounding box regression",
        2022, arXiv:2205.12740, equations of the angle, distance and shape cost, with
        theta = 4.

    Differs: from MMDetection's `SIoULoss`, which by default has the opposite sign of
    the angle (`neg_gamma=True` has the sign of the paper).
    """

    def box_loss(self, pair: Overlaps) -> Any:
        true, pred = pair.true, pair.pred
        # The vector from center to center. Differences are computed first, since sums
        # of large coordinates would be rounded.
        vector = 0.5 * ((pred.low - true.low) + (pred.high - true.high))
        square = self.share(ops.square(vector), ops.square(pair.enclosing))
        weight = 2.0 - self._angle(vector, pair.enclosing)
        cost = -ops.expm1(-ops.expand_dims(weight, -1) * square)
        # The gradient of `ops.clip` is 1 at 0, so a side of exactly 0 has a gradient.
        true, pred = (ops.clip(box.size, 0.0, None) for box in (true, pred))
        change = self.share(ops.abs(true - pred), ops.maximum(true, pred))
        cost = cost + ops.square(ops.square(-ops.expm1(-change)))
        return 1.0 - self.iou(pair) + 0.5 * ops.sum(cost, axis=-1)

    def _angle(self, vector: Any, enclosing: Any) -> Any:
        """2 |x| |y| / (x^2 + y^2), and 0 at x = y = 0."""
        # It does not depend on the unit, so the enclosing box may be a constant unit.
        unit = ops.maximum(ops.max(enclosing, axis=-1, keepdims=True), TINY)
        vector = ops.abs(vector) / ops.stop_gradient(unit)
        # If x or y is 0 up to rounding, rounding must not decide the gradient.
        x, y = ops.unstack(ops.where(vector > ROUNDING, vector, 0.0), 2, axis=-1)
        return ops.divide(2.0 * x * y, ops.square(x) + ops.square(y))
