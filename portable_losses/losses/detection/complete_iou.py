"""The IoU of two boxes, their center distance and their aspect ratios."""

import math
from typing import Any

from portable_losses import ops
from portable_losses.losses.detection._shared import BoxLoss, Overlaps


class CompleteIoU(BoxLoss):
    """Complete IoU loss (CIoU).

    It penalizes a small overlap of two boxes, the distance of their centers and the
    difference of their aspect ratios. With I and U the areas of intersection and union,
    d the distance of the centers, c the diagonal of the smallest box that encloses
    both, and w / h and w' / h' the ratios of width and height, the item is

        1 - I / U + d^2 / c^2 + a v
        v = 4 / pi^2 (atan(w / h) - atan(w' / h'))^2
        a = v / (1 - I / U + v)

    from 0 for equal boxes to 2.5 for boxes far apart. The weight a is a constant in the
    gradient.

    Shapes: `y_true` and `y_pred` are `(B, ..., 4)`, a target for each box; items are
    `(B, ...)`, one per box.

    Args:
        bounding_box_format: "xyxy" (left, top, right, bottom), "yxyx" (top, left,
            bottom, right), "xywh" (left, top, width, height) or "center_xywh".
        epsilon: > 0, the smallest U and c^2, in squares of the boxes' unit. Boxes in
            fractions of an image with sides below 3e-4 need a smaller one.

    Edge cases: boxes that do not touch have a nonzero gradient through d, c and v. A
    negative side (right < left) counts as 0 in the areas and ratios. atan(w / h) is 0
    for a width of 0, pi / 2 for a height of 0, and 0 with gradient 0 if both are 0. The
    gradient of v is proportional to 1 / size: for a box of 1e-3 units it is about 1e3.
    Two boxes without area at the same place cost 1 if their ratios are equal.

    Raises:
        ValueError: for an unknown format, an epsilon that is not > 0, shapes that
            differ, and a last axis that is not 4.

    Example:
        >>> loss = portable_losses.CompleteIoU()
        >>> round(float(loss([[0.0, 0.0, 1.0, 1.0]], [[0.0, 0.0, 1.0, 0.5]])), 4)
        0.5345

    Reference:
        Zheng, Wang, Liu, Li, Ye, Ren, "Distance-IoU loss: Faster and better learning
        for bounding box regression", AAAI 2020, arXiv:1911.08287, equations 8 to 11.

    Differs: from the paper, which omits the factor 1 / (w^2 + h^2) in the gradient of
    v; and from the authors' later paper (arXiv:2005.03572), where a is 0 for I / U
    below 0.5.
    """

    def box_loss(self, pair: Overlaps) -> Any:
        iou = self.iou(pair)
        v = ops.square(self._angle(pair.true.size) - self._angle(pair.pred.size))
        v = 4.0 / math.pi**2 * v
        # Rounding can make 1 - iou negative. For equal boxes the weight is 0 / 0 = 0.
        a = ops.stop_gradient(ops.divide(v, ops.relu(1.0 - iou) + v))
        return 1.0 - iou + self.distance(pair) + a * v

    def _angle(self, size: Any) -> Any:
        """atan(w / h), in [0, pi / 2]."""
        size = ops.clip(size, 0.0, None)
        w, h = size[..., 0], size[..., 1]
        if self.bounding_box_format == "yxyx":
            w, h = h, w
        return ops.arctan2(w, h)
