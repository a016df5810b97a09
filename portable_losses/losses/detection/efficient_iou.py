"""The IoU of two boxes, their center distance and their sides."""

from typing import Any

from portable_losses import ops
from portable_losses.losses.detection._shared import BoxLoss, Overlaps


class EfficientIoU(BoxLoss):
    """Efficient IoU loss (EIoU).

    It penalizes a small overlap of two boxes, the distance of their centers and the
    differences of their widths and heights.

    With I and U the areas of intersection and union, d the distance of the centers, W
    and H the sides of the smallest box that encloses both, and w, h and w', h' the
    sides of the two boxes, the item is

        1 - I / U + d^2 / (W^2 + H^2) + (w - w')^2 / W^2 + (h - h')^2 / H^2

    from 0 for equal boxes to below 4.

    Shapes: `y_true` and `y_pred` are `(B, ..., 4)`, a target for each box; items are
    `(B, ...)`, one per box.

    Args:
        bounding_box_format: "xyxy" (left, top, right, bottom), "yxyx" (top, left,
            bottom, right), "xywh" (left, top, width, height) or "center_xywh".
        epsilon: > 0, the smallest U, W^2 + H^2, W^2 and H^2, in squares of the boxes'
            unit. Boxes in fractions of an image with sides below 3e-4 need a smaller
            one.

    Edge cases: boxes that do not touch have a nonzero gradient through d, W, H and the
    sides. A predicted box with a side of 0 also has a nonzero gradient, so that it can
    grow. A negative side (right < left) counts as 0. Two boxes without area at the same
    place cost 1 if their sides are equal; two different points cost 2 with gradient 0.

    Raises:
        ValueError: for an unknown format, an epsilon that is not > 0, shapes that
            differ, and a last axis that is not 4.

    Example:
        >>> loss = portable_losses.EfficientIoU()
        >>> round(float(loss([[0.0, 0.0, 1.0, 1.0]], [[0.0, 0.0, 1.0, 0.5]])), 4)
        0.7812

    Reference:
        Zhang, Ren, Zhang, Jia, Wang, Tan, "Focal and efficient IOU loss for accurate
        bounding box regression", Neurocomputing 506, 2022, arXiv:2101.08158, equation
        5, without the focal weight.
    """

    def box_loss(self, pair: Overlaps) -> Any:
        # The gradient of `ops.clip` is 1 at 0, so a side of exactly 0 has a gradient.
        true, pred = (ops.clip(box.size, 0.0, None) for box in (pair.true, pair.pred))
        sides = self.share(ops.square(true - pred), ops.square(pair.enclosing))
        return 1.0 - self.iou(pair) + self.distance(pair) + ops.sum(sides, axis=-1)
