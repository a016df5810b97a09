"""The soft Tversky loss."""

from typing import Any, Unpack

from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.segmentation._overlap import OverlapLoss
from portable_losses.losses.segmentation._shared import RegionArguments
from portable_losses.losses.segmentation._sums import Sums
from portable_losses.losses.segmentation._tversky import tversky


class SoftTversky(OverlapLoss):
    """Soft Tversky loss, per sample and class.

    It penalizes a small overlap of the predicted and the true region of each class,
    with one weight for false positives and one for false negatives.

    For a class, with t the target, p the prediction and sums over space,

        TP = sum min(t, p)    FP = sum p - TP    FN = sum t - TP
        loss = 1 - (TP + smooth) / max(TP + alpha FP + beta FN + smooth, epsilon)

    and the item is the mean over the classes. For targets of 0 and 1, min(t, p) = t p;
    for soft targets min makes p = t the minimum of the loss, with loss 0.

    Shapes: `y_pred` is `(B, *space, C)`, with one to three spatial axes. `y_true` is
    of that shape, one-hot or soft, or a map of class indices `(B, *space)` or
    `(B, *space, 1)`; with C = 1 it is the mask of that class. Items are `(B,)`; with
    `per="batch"` the loss is a statistic.

    Args:
        alpha: weight >= 0 of false positives.
        beta: weight >= 0 of false negatives; a larger beta favors recall. With alpha =
            beta = 0.5 the loss is `SoftDice`, with alpha = beta = 1 it is `Jaccard`.
        activation: what is applied to y_pred first: "sigmoid" or "softmax" (over the
            classes), or None for probabilities.
        class_weights: one weight >= 0 per class, or `{class index: weight}` with 1 for
            the rest; the mean over classes is weighted by them.
        ignore_class: pixels of this class, such as 255 for "void", are masked. The
            class of one-hot or soft labels is their argmax, or for C = 1 their value.
            It may lie outside [0, C).
        include_background: False excludes class 0 from the mean, after `activation`.
        per: "sample", or "batch", which first sums TP, FP and FN over the batch.
        smooth: >= 0, in pixels, added to numerator and denominator. 1 here corresponds
            to 2 in `SoftDice`, whose numerator and denominator are twice as large.
        epsilon: >= 0, the smallest denominator.
        empty: the loss of a class without a target pixel in the sample or batch.
            "complement": that of 1 - t and 1 - p, which is 0 at p = 0 and near 1 at
            p = 1, with a gradient between; false positives are then false negatives of
            the complement, with weight beta. "skip": the class is excluded from the
            mean. "formula": the plain quotient, which has gradient 0 if smooth = 0.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`, class indices
            `(B, *space)` or `(B, 1, *space)`), or None for Keras's own setting.

    Edge cases: a region that is missed costs 1, with a nonzero gradient. Masked and
    ignored pixels are excluded from the sums. A sample without any pixel is excluded
    from the mean, and with "skip" so is one without any class. Where p = t, min(t, p)
    has the gradient of t p for t = 0 and t = 1, and that of p for other t. With beta =
    0 a region that is missed in part costs 0 if there are no false positives. A sigmoid
    or softmax that is saturated in float32 (a logit of 20 or 100) has gradient 0; add a
    cross-entropy from logits where that can happen.

    Raises:
        ValueError: for a negative alpha or beta; for `from_logits`, in place of
            `activation`; for shapes that do not fit, class indices that are not whole
            or out of range (in compiled code the item is NaN), class weights of another
            length or all 0, `include_background=False` with one class, and sample
            weights with `per="batch"`; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.SoftTversky(alpha=0.1, beta=0.9)
        >>> t = [[[1.0], [1.0]]]
        >>> round(float(loss(t, [[[1.0], [0.0]]])), 4)  # a false negative
        0.4737

    Reference:
        Salehi, Erdogmus, Gholipour, "Tversky loss function for image segmentation using
        3D fully convolutional deep networks", 2017, arXiv:1706.05721; Wang,
        Popordanoska, Bertels, Lemmens, Blaschko, "Dice semimetric losses", 2023,
        arXiv:2303.16296 (min for soft targets).

    Differs: from the paper, where an empty class costs 1 for every prediction.
    `Tversky`, the loss of Keras, is one number for the whole batch.
    """

    def __init__(
        self,
        *,
        alpha: Number = 0.5,
        beta: Number = 0.5,
        **common: Unpack[RegionArguments],
    ) -> None:
        super().__init__(**common)
        self.alpha = arguments.number(self, "alpha", alpha, at_least=0)
        self.beta = arguments.number(self, "beta", beta, at_least=0)

    def class_loss(self, sums: Sums) -> Any:
        return tversky(sums, self.alpha, self.beta, self.smooth, self.epsilon)
