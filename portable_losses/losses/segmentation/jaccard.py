"""The soft Jaccard loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.losses.segmentation._overlap import OverlapLoss
from portable_losses.losses.segmentation._shared import RegionArguments
from portable_losses.losses.segmentation._sums import Sums


class Jaccard(OverlapLoss):
    """Soft Jaccard loss (IoU loss of regions, Jaccard metric loss).

    It penalizes a small intersection over union of the predicted and the true region of
    each class. For one class it orders predictions as `SoftDice` does: if J is the
    Jaccard loss, the Dice loss is J / (2 - J), which is smaller.

    For a class, with t the target, p the prediction and sums over space,

        I = sum min(t, p)    U = sum t + sum p - I
        loss = 1 - (I + smooth) / max(U + smooth, epsilon)

    and the item is the mean over the classes. For targets of 0 and 1, min(t, p) = t p;
    for soft targets min makes p = t the minimum of the loss, with loss 0, and U is the
    sum of max(t, p).

    Shapes: `y_pred` is `(B, *space, C)`, with one to three spatial axes. `y_true` is
    of that shape, one-hot or soft, or a map of class indices `(B, *space)` or
    `(B, *space, 1)`; with C = 1 it is the mask of that class. Items are `(B,)`; with
    `per="batch"` the loss is a statistic.

    Args:
        log: the loss of a class is -log(max(score, epsilon)), where the score is the
            quotient above.
        activation: what is applied to y_pred first: "sigmoid" or "softmax" (over the
            classes), or None for probabilities.
        class_weights: one weight >= 0 per class, or `{class index: weight}` with 1 for
            the rest; the mean over classes is weighted by them.
        ignore_class: pixels of this class, such as 255 for "void", are masked. The
            class of one-hot or soft labels is their argmax, or for C = 1 their value.
            It may lie outside [0, C).
        include_background: False excludes class 0 from the mean, after `activation`.
        per: "sample", or "batch", which first sums I and U over the batch.
        smooth: >= 0, in pixels, added to numerator and denominator.
        epsilon: >= 0, the smallest denominator.
        empty: the loss of a class without a target pixel in the sample or batch.
            "complement": that of 1 - t and 1 - p, which is the mean of p, with a
            nonzero gradient everywhere. "skip": the class is excluded from the mean.
            "formula": the plain quotient, 1 - smooth / (sum p + smooth), whose gradient
            is 0 if smooth = 0.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`, class indices
            `(B, *space)` or `(B, 1, *space)`), or None for Keras's own setting.

    Edge cases: a region that is missed costs 1, with a nonzero gradient. Masked and
    ignored pixels are excluded from the sums. A sample without any pixel is excluded
    from the mean, and with "skip" so is one without any class. Where p = t, min(t, p)
    has the gradient of t p for t = 0 and t = 1, and that of p for other t. A sigmoid or
    softmax that is saturated in float32 (a logit of 20 or 100) has gradient 0; add a
    cross-entropy from logits where that can happen.

    Raises:
        ValueError: for `from_logits`, in place of `activation`; for shapes that do not
            fit, class indices that are not whole or out of range (in compiled code the
            item is NaN), class weights of another length or all 0,
            `include_background=False` with one class, and sample weights with
            `per="batch"`; and, see `Loss`, for logits in place of probabilities.

    Example:
        >>> loss = portable_losses.Jaccard()
        >>> t = [[[1.0, 0.0], [0.0, 1.0]]]
        >>> round(float(loss(t, [[[0.5, 0.5], [0.0, 1.0]]])), 4)
        0.4167

    Reference:
        Rahman, Wang, "Optimizing intersection-over-union in deep neural networks for
        image segmentation", ISVC 2016, doi 10.1007/978-3-319-50835-1_22; Wang, Ning,
        Blaschko, "Jaccard metric losses: Optimizing the Jaccard index with soft
        labels", NeurIPS 2023, arXiv:2302.05666 (min for soft targets).

    Differs: from these papers, where an empty class costs 1 for every prediction; from
    MONAI, whose `smooth_nr` of 2 corresponds to a `smooth` of 1 here.
    """

    def __init__(self, *, log: bool = False, **common: Unpack[RegionArguments]) -> None:
        super().__init__(**common)
        self.log = arguments.flag(self, "log", log)

    def class_loss(self, sums: Sums) -> Any:
        union = sums.true + sums.pred - sums.overlap
        size = ops.maximum(union + self.smooth, self.epsilon)
        score = ops.divide(sums.overlap + self.smooth, size)
        if self.log:
            return -ops.log(ops.maximum(score, self.epsilon))
        return 1.0 - score
