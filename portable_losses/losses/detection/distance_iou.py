"""The IoU of two boxes, and their center distance."""

from typing import Any

from portable_losses.losses.detection._shared import BoxLoss, Overlaps


class DistanceIoU(BoxLoss):
    """Distance IoU loss (DIoU).

    It penalizes a small overlap of two boxes, and the distance of their centers.
    With I and U the areas of intersection and union, d the distance of the centers and
    c the diagonal of the smallest box that encloses both, the item is

        1 - I / U + d^2 / c^2

    from 0 for equal boxes to 2 for boxes far apart.

    Shapes: `y_true` and `y_pred` are `(B, ..., 4)`, a target for each box; items are
    `(B, ...)`, one per box.

    Args:
        bounding_box_format: "xyxy" (left, top, right, bottom), "yxyx" (top, left,
            bottom, right), "xywh" (left, top, width, height) or "center_xywh".
        epsilon: > 0, the smallest U and c^2, in squares of the boxes' unit. Boxes in
            fractions of an image with sides below 3e-4 need a smaller one.

    Edge cases: boxes that do not touch have a nonzero gradient through d and c. A side
    below 0 (right < left) counts as 0 in the areas. Two boxes without area at the same
    place cost 1; two different points cost 2 with gradient 0, since d = c.

    Raises:
        ValueError: for an unknown format, an epsilon that is not > 0, shapes that
            differ, and a last axis that is not 4.

    Example:
        >>> loss = portable_losses.DistanceIoU()
        >>> round(float(loss([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]])), 4)
        1.4

    Reference:
        Zheng, Wang, Liu, Li, Ye, Ren, "Distance-IoU loss: Faster and better learning
        for bounding box regression", AAAI 2020, arXiv:1911.08287, equation 7.
    """

    def box_loss(self, pair: Overlaps) -> Any:
        return 1.0 - self.iou(pair) + self.distance(pair)
