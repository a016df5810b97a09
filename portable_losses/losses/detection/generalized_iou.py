"""The generalized IoU of two boxes."""

from typing import Any

from portable_losses.losses.detection._shared import BoxLoss, Overlaps, area


class GeneralizedIoU(BoxLoss):
    """Generalized IoU loss (GIoU).

    It penalizes a small overlap of two boxes, and the distance of disjoint ones.

    With I and U the areas of intersection and union, and C the area of the smallest box
    that encloses both, the item is

        1 - I / U + (C - U) / C

    which is 0 for equal boxes, and close to 2 for boxes far apart.

    Shapes: `y_true` and `y_pred` are `(B, ..., 4)`, a target for each box; items are
    `(B, ...)`, one per box.

    Args:
        bounding_box_format: "xyxy" (left, top, right, bottom), "yxyx" (top, left,
            bottom, right), "xywh" (left, top, width, height) or "center_xywh".
        epsilon: > 0, the smallest value of U and C, in squares of the boxes' unit.
            Boxes in fractions of an image with sides below 3e-4 need a smaller one.

    Edge cases: boxes that do not touch have a nonzero gradient through C. A side below
    0 (right < left) counts as 0. Two boxes without area at the same place cost 1.

    Raises:
        ValueError: for an unknown format, an epsilon that is not > 0, shapes that
            differ, and a last axis that is not 4.

    Example:
        >>> loss = portable_losses.GeneralizedIoU()
        >>> round(float(loss([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]])), 4)
        1.3333

    Reference:
        Rezatofighi et al., "Generalized intersection over union", CVPR 2019,
        arXiv:1902.09630, algorithm 2.

    Differs: from the paper for boxes with a negative side: the paper exchanges their
    corners, so that an inverted prediction would be correct.
    """

    def box_loss(self, pair: Overlaps) -> Any:
        enclosing = area(pair.enclosing)
        return 1.0 - self.iou(pair) + self.share(enclosing - pair.union, enclosing)
