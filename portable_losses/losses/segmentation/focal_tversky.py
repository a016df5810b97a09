"""The focal Tversky loss."""

from typing import Any, Unpack

from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.segmentation._overlap import OverlapLoss
from portable_losses.losses.segmentation._shared import RegionArguments
from portable_losses.losses.segmentation._sums import Sums
from portable_losses.losses.segmentation._tversky import to_the_power, tversky


class FocalTversky(OverlapLoss):
    """Focal Tversky loss (FTL).

    It penalizes a small overlap of the predicted and the true region of each class,
    like `SoftTversky`. An exponent sets the weight of classes that are nearly right.

    For a class, with t the target, p the prediction and sums over space,

        TP = sum min(t, p)    FP = sum p - TP    FN = sum t - TP
        TI = (TP + smooth) / max(TP + alpha FP + beta FN + smooth, epsilon)
        loss = (1 - TI)^gamma

    and the item is the mean over the classes.

    Shapes: `y_pred` is `(B, *space, C)`, with one to three spatial axes. `y_true` is
    of that shape, one-hot or soft, or a map of class indices `(B, *space)` or
    `(B, *space, 1)`; with C = 1 it is the mask of that class. Items are `(B,)`; with
    `per="batch"` the loss is a statistic.

    Args:
        alpha: weight >= 0 of false positives.
        beta: weight >= 0 of false negatives; a larger beta favors recall.
        gamma: exponent > 0. Below 1 the gradient grows as a class gets right, above 1
            it falls; 1 is `SoftTversky`.
        activation: what is applied to y_pred first: "sigmoid" or "softmax" (over the
            classes), or None for probabilities.
        class_weights: one weight >= 0 per class, or `{class index: weight}` with 1 for
            the rest; the mean over classes is weighted by them.
        ignore_class: pixels of this class, such as 255 for "void", are masked. The
            class of one-hot or soft labels is their argmax, or for C = 1 their value.
            It may lie outside [0, C).
        include_background: False excludes class 0 from the mean, after `activation`.
        per: "sample", or "batch", which first sums TP, FP and FN over the batch.
        smooth: >= 0, in pixels, added to numerator and denominator of TI.
        epsilon: >= 0, the smallest denominator.
        empty: the loss of a class without a target pixel in the sample or batch.
            "complement": that of 1 - t and 1 - p, which is 0 at p = 0 and near 1 at
            p = 1, with a gradient between. "skip": the class is excluded from the mean.
            "formula": the plain quotient, which has gradient 0 if smooth = 0.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`, class indices
            `(B, *space)` or `(B, 1, *space)`), or None for Keras's own setting.

    Edge cases: a class that is completely right costs 0, and unless gamma = 1 its
    gradient is 0; for gamma < 1 the gradient near this point is large. A region that is
    missed costs 1, with a nonzero gradient. Masked and ignored pixels are excluded from
    the sums. A sample without any pixel is excluded from the mean, and with "skip" so
    is one without any class. A sigmoid or softmax that is saturated in float32 (a logit
    of 20 or 100) has gradient 0; add a cross-entropy from logits where that can happen.

    Raises:
        ValueError: for a negative alpha or beta, for gamma <= 0; for `from_logits`, in
            place of `activation`; for shapes that do not fit, class indices that are
            not whole or out of range (in compiled code the item is NaN), class weights
            of another length or all 0, `include_background=False` with one class, and
            sample weights with `per="batch"`; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.FocalTversky()
        >>> t = [[[1.0], [1.0]]]
        >>> round(float(loss(t, [[[1.0], [0.0]]])), 4)  # (0.7 / 1.7)^0.75
        0.514

    Reference:
        Abraham, Khan, "A novel focal Tversky loss function with improved attention
        U-Net for lesion segmentation", ISBI 2019, arXiv:1810.07842.

    Differs: from the paper, whose alpha is the weight of false negatives, whose
    exponent is 1 / gamma with gamma = 4/3 (0.75 here), and which sums over the classes.
    """

    def __init__(
        self,
        *,
        alpha: Number = 0.3,
        beta: Number = 0.7,
        gamma: Number = 0.75,
        **common: Unpack[RegionArguments],
    ) -> None:
        super().__init__(**common)
        self.alpha = arguments.number(self, "alpha", alpha, at_least=0)
        self.beta = arguments.number(self, "beta", beta, at_least=0)
        self.gamma = arguments.number(self, "gamma", gamma, above=0)

    def class_loss(self, sums: Sums) -> Any:
        loss = tversky(sums, self.alpha, self.beta, self.smooth, self.epsilon)
        return to_the_power(loss, self.gamma)
