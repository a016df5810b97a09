"""The Lovász hinge loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.losses.segmentation._lovasz import jaccard_extension
from portable_losses.losses.segmentation._shared import (
    RegionArguments,
    RegionLoss,
    Regions,
)


class LovaszHinge(RegionLoss):
    """Lovász hinge loss (binary Lovász loss of logits).

    It penalizes a small intersection over union of the predicted and the true region,
    where the predicted region are the logits above 0. Each channel is scored
    separately. With t the target, x the logit and the pixels in descending order of
    their hinge errors,

        m_k = max(0, 1 - x_k (2 t_k - 1))    G = sum t
        J_k = 1 - (G - t_1 - ... - t_k) / (G + (1 - t_1) + ... + (1 - t_k))
        loss = sum m_k (J_k - J_{k-1})    J_0 = 0

    and the item is the mean over the channels.

    Shapes: `y_pred` is `(B, *space, C)`, with one to three spatial axes. `y_true` is
    of that shape, 0 or 1, or a map of class indices `(B, *space)` or `(B, *space, 1)`;
    with C = 1 it is the mask of that class. Items are `(B,)`, one per image; with
    `per="batch"` the loss is a statistic.

    Args:
        from_logits: must be True: the loss takes logits only.
        activation: must be None, for the same reason.
        class_weights: one weight >= 0 per channel, or `{channel: weight}` with 1 for
            the rest; the mean over channels is weighted by them.
        ignore_class: pixels of this class, such as 255 for "void", are masked. The
            class of one-hot labels is their argmax, or for C = 1 their value. It may
            lie outside [0, C).
        include_background: False excludes channel 0 from the mean.
        per: "sample", or "batch", which treats the batch as one image.
        smooth, epsilon, empty: have no effect, and must be omitted.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`, class indices
            `(B, *space)` or `(B, 1, *space)`), or None for Keras's own setting.

    Edge cases: masked and ignored pixels have the error 0 and no influence; a sample
    without any pixel is excluded from the mean. A channel without a target pixel costs
    its largest error. A logit on the right side of 0 costs 0 with gradient 0 if its
    absolute value is above 1, also if it is infinite; an infinite logit on the wrong
    side costs inf. Pixels with equal errors stay in their order in the image, which
    gives one of the subgradients.

    Raises:
        ValueError: for an `activation`, for `from_logits=False`, for `smooth`,
            `epsilon` and `empty` other than the default; shapes that do not fit, class
            indices that are not whole or out of range (in compiled code the item is
            NaN), class weights of another length or all 0, `include_background=False`
            with one channel, and sample weights with `per="batch"`.

    Example:
        >>> loss = portable_losses.LovaszHinge()
        >>> t = [[[1.0], [0.0]]]
        >>> float(loss(t, [[[0.5], [-2.0]]]))
        0.5

    Reference:
        Berman, Triki, Blaschko, "The Lovász-Softmax loss: A tractable surrogate for the
        optimization of the intersection-over-union measure in neural networks", CVPR
        2018, arXiv:1705.08790, equation 7, algorithm 1.

    Differs: from the authors' code for images without any pixel that counts, which are
    excluded from the mean here.
    """

    prediction_domain = "logits"

    def __init__(
        self, *, from_logits: bool = True, **common: Unpack[RegionArguments]
    ) -> None:
        super().__init__(**common)
        self.from_logits = arguments.logits_alone(self, from_logits)
        if self.activation is not None:
            rule, remedy = "None for this loss of logits", "omit it"
            errors.fail(self, "activation", rule, self.activation, remedy)

    def score(self, regions: Regions) -> Any:
        x = regions.p
        sign = 2.0 * ops.cast(regions.t, x.dtype) - 1.0
        losses, _, counted = jaccard_extension(
            ops.relu(1.0 - x * sign), regions, self.per == "batch"
        )
        return self.mean_over_classes(losses, counted, regions)
