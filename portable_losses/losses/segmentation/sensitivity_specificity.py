"""The sensitivity-specificity loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.segmentation._overlap import OverlapLoss
from portable_losses.losses.segmentation._shared import RegionArguments, Regions
from portable_losses.ops.classes import like


class SensitivitySpecificity(OverlapLoss):
    """Sensitivity-specificity loss (sensitivity-specificity error, SSE).

    It penalizes the mean squared error within the region of each class and the one
    outside of it, as two separate means, so that both count however small the region
    is.

    For a class, with t the target, p the prediction, sums over space and w the weight,

        loss = w sum t (t - p)^2 / sum t + (1 - w) sum (1 - t) (t - p)^2 / sum (1 - t)

    and the item is the mean over the classes. A quotient whose sum of t or 1 - t is 0
    is 0.

    Shapes: `y_pred` is `(B, *space, C)`, with one to three spatial axes. `y_true` is
    of that shape, one-hot or soft, or a map of class indices `(B, *space)` or
    `(B, *space, 1)`; with C = 1 it is the mask of that class. Items are `(B,)`; with
    `per="batch"` the loss is a statistic.

    Args:
        weight: w in [0, 1], weight of the error within the region (sensitivity).
        activation: what is applied to y_pred first: "sigmoid" or "softmax" (over the
            classes), or None for probabilities.
        class_weights: one weight >= 0 per class, or `{class index: weight}` with 1 for
            the rest; the mean over classes is weighted by them.
        ignore_class: pixels of this class, such as 255 for "void", are masked. The
            class of one-hot or soft labels is their argmax, or for C = 1 their value.
            It may lie outside [0, C).
        include_background: False excludes class 0 from the mean, after `activation`.
        per: "sample", or "batch", which first takes each sum over the batch.
        smooth: >= 0, in pixels, added to both denominators.
        epsilon: >= 0, the smallest denominator.
        empty: "skip" excludes a class without a target pixel in the sample or batch
            from the mean. With "complement" and "formula", which are the same here, it
            costs (1 - w) times the mean of p^2.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`, class indices
            `(B, *space)` or `(B, 1, *space)`), or None for Keras's own setting.

    Edge cases: p = t costs 0, for soft targets too. A region that is missed costs w,
    and p = 1 everywhere with an empty target costs 1 - w, both with a nonzero gradient.
    Masked and ignored pixels are excluded from the sums. A sample without any pixel is
    excluded from the mean, and with "skip" so is one without any class. A sigmoid or
    softmax that is saturated in float32 (a logit of 20 or 100) has gradient 0; add a
    cross-entropy from logits where that can happen.

    Raises:
        ValueError: for a weight outside [0, 1]; for `from_logits`, in place of
            `activation`; for shapes that do not fit, class indices that are not whole
            or out of range (in compiled code the item is NaN), class weights of another
            length or all 0, `include_background=False` with one class, and sample
            weights with `per="batch"`; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.SensitivitySpecificity(weight=0.25)
        >>> t = [[[1.0], [0.0], [0.0]]]
        >>> float(loss(t, [[[0.0], [1.0], [0.0]]]))  # 0.25 * 1 + 0.75 * 0.5
        0.625

    Reference:
        Brosch, Yoo, Tang, Li, Traboulsee, Tam, "Deep convolutional encoder networks for
        multiple sclerosis lesion segmentation", MICCAI 2015, doi
        10.1007/978-3-319-24574-4_1, equation 11.

    Differs: from the paper, which has one class, the lesion. Here the item is a mean
    over classes.
    """

    def __init__(
        self, *, weight: Number = 0.05, **common: Unpack[RegionArguments]
    ) -> None:
        super().__init__(**common)
        self.weight = arguments.number(self, "weight", weight, at_least=0, at_most=1)

    def score(self, regions: Regions) -> Any:
        t = like(regions.t, regions.p)
        other, error = 1.0 - t, ops.square(t - regions.p)
        # The sum of 1 - t is not a difference of sums, which would cancel where t is
        # nearly 1 everywhere.
        true, rest = self.total(t, regions), self.total(other, regions)
        count = true + rest
        if regions.broken is not None:
            true = true + self.over_batch(regions.broken)
        within = self._mean(self.total(t * error, regions), true)
        outside = self._mean(self.total(other * error, regions), rest)
        losses = self.weight * within + (1.0 - self.weight) * outside
        return self.mean_over_classes(
            losses, self.counted(true, count, regions), regions
        )

    def _mean(self, errors: Any, size: Any) -> Any:
        return ops.divide(errors, ops.maximum(size + self.smooth, self.epsilon))
