"""The soft Dice loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.losses.segmentation._overlap import OverlapLoss, dice
from portable_losses.losses.segmentation._shared import RegionArguments
from portable_losses.losses.segmentation._sums import Sums


class SoftDice(OverlapLoss):
    """Soft Dice loss (Sorensen-Dice loss, F1 of regions).

    It penalizes a small overlap of the predicted and the true region of each class.

    For a class, with t the target, p the prediction and sums over space,

        I = sum min(t, p)    S = sum t + sum p
        loss = 1 - (2 I + smooth) / max(S + smooth, epsilon)

    and the item is the mean over the classes. For targets of 0 and 1, min(t, p) = t p;
    for soft targets min makes p = t the minimum of the loss, with loss 0.

    Shapes: `y_pred` is `(B, *space, C)`, with one to three spatial axes. `y_true` is
    of that shape, one-hot or soft, or a map of class indices `(B, *space)` or
    `(B, *space, 1)`; with C = 1 it is the mask of that class. Items are `(B,)`; with
    `per="batch"` the loss is a statistic.

    Args:
        activation: what is applied to y_pred first: "sigmoid" or "softmax" (over the
            classes), or None for probabilities.
        squared: I = sum t p and S = sum t^2 + sum p^2.
        log: the loss of a class is -log(max(score, epsilon)), where the score is the
            quotient above.
        log_cosh: the loss of a class is log(cosh(loss)), which is flat near 0.
        class_weights: one weight >= 0 per class, or `{class index: weight}` with 1 for
            the rest; the mean over classes is weighted by them.
        ignore_class: pixels of this class, such as 255 for "void", are masked. The
            class of one-hot or soft labels is their argmax, or for C = 1 their value.
            It may lie outside [0, C).
        include_background: False excludes class 0 from the mean, after `activation`.
        per: "sample", or "batch", which first sums I and S over the batch.
        smooth: >= 0, in pixels, added to numerator and denominator.
        epsilon: >= 0, the smallest denominator.
        empty: the loss of a class without a target pixel in the sample or batch.
            "complement": that of 1 - t and 1 - p, which is 0 at p = 0 and near 1 at
            p = 1, with a gradient between. "skip": the class is excluded from the mean.
            "formula": the plain quotient, 1 - smooth / (sum p + smooth), whose gradient
            is 0 if smooth = 0.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`, class indices
            `(B, *space)` or `(B, 1, *space)`), or None for Keras's own setting.

    Edge cases: masked and ignored pixels are excluded from the sums. A sample without
    any pixel is excluded from the mean, and with "skip" so is one without any class.
    Where p = t, min(t, p) has the gradient of t p for t = 0 and t = 1, and that of p
    for other t.
    A sigmoid or softmax that is saturated in float32 (a logit of 20 or 100) has no
    gradient; add a cross-entropy from logits where that can happen. Infinite logits are
    saturated, and a pixel whose logits are all -inf has p = 0 for every class of a
    softmax.

    Raises:
        ValueError: for `from_logits`, in place of `activation`; for shapes that do not
            fit, indices that are not whole or out of range, class weights of another
            length or all 0, `include_background=False` with one class, and sample
            weights with `per="batch"`; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.SoftDice()
        >>> t = [[[1.0, 0.0], [0.0, 1.0]]]
        >>> round(float(loss(t, [[[0.5, 0.5], [0.0, 1.0]]])), 4)
        0.2667

    Reference:
        Milletari, Navab, Ahmadi, "V-Net: Fully convolutional neural networks for
        volumetric medical image segmentation", 2016, arXiv:1606.04797, section 3
        (`squared`); Wang, Popordanoska, Bertels, Lemmens, Blaschko, "Dice semimetric
        losses", 2023, arXiv:2303.16296 (min for soft targets); Jadon, "A survey of
        loss functions for semantic segmentation", 2020, arXiv:2006.14822 (`log_cosh`).

    Differs: from these papers, where an empty class costs 1 for every prediction.
    """

    def __init__(
        self,
        *,
        squared: bool = False,
        log: bool = False,
        log_cosh: bool = False,
        **common: Unpack[RegionArguments],
    ) -> None:
        super().__init__(**common)
        self.squared = arguments.flag(self, "squared", squared)
        self.log = arguments.flag(self, "log", log)
        self.log_cosh = arguments.flag(self, "log_cosh", log_cosh)

    def class_loss(self, sums: Sums) -> Any:
        score = dice(sums, self.smooth, self.epsilon)
        loss = 1.0 - score
        if self.log:
            loss = -ops.log(ops.maximum(score, self.epsilon))
        if self.log_cosh:
            # log(1 + 2 sinh^2(x / 2)) == log(cosh(x)), without cancellation near 0
            loss = ops.log1p(2.0 * ops.square(ops.sinh(0.5 * loss)))
        return loss
