"""The generalized Dice loss."""

from typing import Any, Literal, Unpack, get_args

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.losses.segmentation._overlap import OverlapLoss
from portable_losses.losses.segmentation._shared import RegionArguments, Regions

Weighting = Literal["square", "simple", "uniform"]

POWERS = {"square": 2, "simple": 1, "uniform": 0}
"""The sums of a class are divided by this power of its size."""


class GeneralizedDice(OverlapLoss):
    """Generalized Dice loss (GDL), one Dice loss of all classes.

    It penalizes a small overlap of the predicted and the true regions of all classes
    together. Weights make a small class count as much as a large one.

    With t the target, p the prediction, sums over space for each class c, and the size
    V_c = sum t,

        I_c = sum min(t, p)    S_c = sum t + sum p    w_c = 1 / V_c^2
        loss = 1 - (2 sum_c w_c I_c + smooth) / (sum_c w_c S_c + smooth)

    which is the item. For targets of 0 and 1, min(t, p) = t p; for soft targets min
    makes p = t the minimum of the loss, with loss 0.

    Shapes: `y_pred` is `(B, *space, C)`, with one to three spatial axes. `y_true` is
    of that shape, one-hot or soft, or a map of class indices `(B, *space)` or
    `(B, *space, 1)`; with C = 1 it is the mask of that class. Items are `(B,)`; with
    `per="batch"` the loss is a statistic.

    Args:
        weighting: "square", w = 1 / V^2; "simple", 1 / V; or "uniform", 1.
        activation: what is applied to y_pred first: "sigmoid" or "softmax" (over the
            classes), or None for probabilities.
        class_weights: one weight >= 0 per class, or `{class index: weight}` with 1 for
            the rest; w is multiplied by them, divided by their mean.
        ignore_class: pixels of this class, such as 255 for "void", are masked. The
            class of one-hot or soft labels is their argmax, or for C = 1 their value.
            It may lie outside [0, C).
        include_background: False excludes class 0, after `activation`.
        per: "sample", or "batch", which first sums I, S and V over the batch.
        smooth: >= 0, in the units of w S, added to numerator and denominator.
        epsilon: >= 0, the smallest denominator, in pixels of the smallest class.
        empty: how a class without a target pixel in the sample or batch is scored.
            "complement": by the sums of 1 - t and 1 - p, with the number of pixels as
            its size V. "skip" and "formula": its weight is 0.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`, class indices
            `(B, *space)` or `(B, 1, *space)`), or None for Keras's own setting.

    Edge cases: with one class and no target pixel, p = 0.99 costs 0.98 with a nonzero
    gradient, and p = 0 costs 0. A region that is missed costs 1, with a nonzero
    gradient. Masked and ignored pixels are excluded from the sums. A sample without any
    pixel is excluded from the mean, and so is one without any class, unless `empty` is
    "complement". A sigmoid or softmax that is saturated in float32 (a logit of 20 or
    100) has gradient 0; add a cross-entropy from logits where that can happen.

    Raises:
        ValueError: for an unknown `weighting`; for `from_logits`, in place of
            `activation`; for shapes that do not fit, class indices that are not whole
            or out of range (in compiled code the item is NaN), class weights of another
            length or all 0, `include_background=False` with one class, and sample
            weights with `per="batch"`; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.GeneralizedDice()
        >>> t = [[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]]
        >>> p = [[[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]]
        >>> round(float(loss(t, p)), 4)  # 1 - (2 * 1.5 / 4 + 2) / (3.5 / 4 + 2.5)
        0.1852

    Reference:
        Sudre, Li, Vercauteren, Ourselin, Cardoso, "Generalised Dice overlap as a deep
        learning loss function for highly unbalanced segmentations", DLMIA 2017,
        arXiv:1707.03237; Crum, Camara, Hill, "Generalized overlap measures for
        evaluation and validation in medical image analysis", 2006 (the weights).

    Differs: from the paper, where an absent class has an infinite weight; from MONAI,
    where it has the weight of the smallest class, and where a mask without any target
    pixel costs 0 for every prediction.
    """

    def __init__(
        self, *, weighting: Weighting = "square", **common: Unpack[RegionArguments]
    ) -> None:
        super().__init__(**common)
        known = get_args(Weighting)
        self.weighting = arguments.choice(self, "weighting", weighting, known)

    def score(self, regions: Regions) -> Any:
        sums, _ = self.sums(regions)
        present = sums.true != 0  # an empty class has the sums of its complement here
        share = regions.weights
        if share is not None:
            present = ops.logical_and(present, share > 0)
            share = share * regions.p.shape[-1]
        some = ops.any(present, axis=-1)
        size = ops.where(present, sums.true, float("inf"))
        smallest = ops.where(some, ops.min(size, axis=-1), 1.0)
        # Weights relative to that of the smallest class do not underflow in float32.
        # The weighted sums, which could be 1e-14 for a volume, are then in pixels:
        # w S + smooth == (r^k S + smooth m^k) / m^k, with r = m / V
        power = POWERS[self.weighting]
        w = (ops.expand_dims(smallest, -1) / size) ** power
        w = ops.where(present, w, 0.0)
        w = w if share is None else w * share
        smooth = self.smooth * smallest**power
        overlap = 2.0 * ops.sum(w * sums.overlap, axis=-1) + smooth
        total = ops.sum(w * (sums.true + sums.pred), axis=-1) + smooth
        loss = 1.0 - ops.divide(overlap, ops.maximum(total, self.epsilon))
        if self.per == "batch":
            return ops.where(some, loss, 0.0)
        return loss, some
