"""The intersection over union of a predicted and a true box."""

from typing import Any, Literal, Unpack, get_args

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.losses.detection._shared import BoxArguments, BoxLoss, Overlaps

Mode = Literal["linear", "log", "quadratic"]


class BoxIoU(BoxLoss):
    """Intersection over union loss (IoU loss, Jaccard loss of boxes, UnitBox).

    It penalizes a small overlap of two boxes. With I and U the areas of
    intersection and union, the item is

        linear       1 - I / U
        log          -log(max(I / U, epsilon))
        quadratic    1 - (I / U)^2

    It is 0 for equal boxes, and 1, or with "log" -log(epsilon), for disjoint ones.

    Shapes: `y_true` and `y_pred` are `(B, ..., 4)`, a target for each box; items are
    `(B, ...)`, one per box.

    Args:
        mode: "linear", "log" or "quadratic", see above. For small overlaps "log" has
            the largest gradient, for large overlaps "quadratic".
        bounding_box_format: "xyxy" (left, top, right, bottom), "yxyx" (top, left,
            bottom, right), "xywh" (left, top, width, height) or "center_xywh".
        epsilon: > 0, the smallest U, in squares of the boxes' unit, and with "log" the
            smallest I / U. Boxes in fractions of an image with sides below
            3e-4 need a smaller one.

    Edge cases: boxes that do not touch cost 1 ("log": 16.1) with gradient 0;
    `GeneralizedIoU`, `DistanceIoU` and `CompleteIoU` have a nonzero gradient there. A
    negative side (right < left) counts as 0. Two boxes without area at the same place
    cost as much as disjoint ones.

    Raises:
        ValueError: for an unknown format or mode, an epsilon that is not > 0, shapes
            that differ, and a last axis that is not 4.

    Example:
        >>> loss = portable_losses.BoxIoU(mode="quadratic")
        >>> round(float(loss([[0.0, 0.0, 1.0, 1.0]], [[0.0, 0.0, 0.5, 1.0]])), 4)
        0.75

    Reference:
        Yu, Jiang, Wang, Cao, Huang, "UnitBox: An advanced object detection network",
        ACM Multimedia 2016, arXiv:1608.01471, equation 3 ("log"); "linear" and
        "quadratic" are those of KerasCV's `IoULoss`.

    Differs: from KerasCV, which compares all pairs of boxes. Here box i is compared
    with target i.
    """

    def __init__(
        self, *, mode: Mode = "linear", **common: Unpack[BoxArguments]
    ) -> None:
        super().__init__(**common)
        self.mode = arguments.choice(self, "mode", mode, get_args(Mode))

    def box_loss(self, pair: Overlaps) -> Any:
        iou = self.iou(pair)
        if self.mode == "log":
            return -ops.log(ops.maximum(iou, self.epsilon))
        return 1.0 - (ops.square(iou) if self.mode == "quadratic" else iou)
