"""The Hausdorff distance loss by distance transforms."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.segmentation._distance import (
    as_mask,
    mean_over_pixels,
    squares_to_border,
)
from portable_losses.losses.segmentation._shared import (
    RegionArguments,
    RegionLoss,
    Regions,
)
from portable_losses.ops.classes import like


class HausdorffDT(RegionLoss):
    """Hausdorff distance loss by distance transforms (HD loss, Loss_DT).

    It penalizes the error of each pixel, weighted by the distance of the pixel to the
    borders of the true and the predicted region. This reduces the largest distance
    between the two borders.

    With t the target, p the prediction, and D_t and D_p the distance of each pixel to
    the nearest one across the border of the true and of the predicted region,

        loss = mean over pixels of (p - t)^2 (D_p^alpha + D_t^alpha)

    and the item is the mean over the classes. The predicted region are the pixels with
    p above 0.5. The distances are constants in the gradient.

    Shapes: `y_pred` is `(B, *space, C)`, with one to three spatial axes. `y_true` is
    of that shape, one-hot or soft, or a map of class indices `(B, *space)` or
    `(B, *space, 1)`; with C = 1 it is the mask of that class. Items are `(B,)`; with
    `per="batch"` the loss is a statistic.

    Args:
        alpha: > 0; the larger it is, the more the farthest pixels count. The authors
            use 2, and recommend 1 to 3.
        activation: what is applied to y_pred first: "sigmoid" or "softmax" (over the
            classes), or None for probabilities.
        class_weights: one weight >= 0 per class, or `{class index: weight}` with 1 for
            the rest; the mean over classes is weighted by them.
        ignore_class: pixels of this class, such as 255 for "void", are masked. The
            class of one-hot or soft labels is their argmax, or for C = 1 their value.
            It may lie outside [0, C).
        include_background: False excludes class 0 from the mean, after `activation`.
        per: "sample", or "batch" for the mean over all pixels of the batch.
        smooth, epsilon, empty: have no effect, and must be omitted.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`, class indices
            `(B, *space)` or `(B, 1, *space)`), or None for Keras's own setting.

    Edge cases: D is 1 for pixels next to the border, on both sides, and may be as large
    as the diagonal of the image: add the loss with a small weight to an overlap loss
    such as `SoftDice`. An empty or full map has D = 0. If both maps are empty or full,
    the class costs 0 with gradient 0, for every p. Soft labels above 0.5 belong to the
    region. Masked and
    ignored pixels count as outside for the distances of the others, and are excluded
    from the mean; a sample without any pixel is excluded too. A sigmoid or softmax that
    is saturated in float32 (a logit of 20 or 100) has gradient 0.

    Raises:
        ValueError: for an alpha that is not > 0; for `from_logits`, in place of
            `activation`; for `smooth`, `epsilon` and `empty` other than the default;
            shapes that do not fit, class indices that are not whole or out of range (in
            compiled code the item is NaN), class weights of another length or all 0,
            `include_background=False` with one class, and sample weights with
            `per="batch"`; and, see `Loss`, for logits in place of probabilities.

    Example:
        >>> loss = portable_losses.HausdorffDT()
        >>> t = [[[1.0], [0.0], [0.0], [0.0]]]  # D = 1, 1, 2, 3
        >>> p = [[[1.0], [0.0], [0.5], [0.0]]]
        >>> float(loss(t, p))  # 0.5^2 (2^2 + 2^2) / 4
        0.5

    Reference:
        Karimi, Salcudean, "Reducing the Hausdorff distance in medical image
        segmentation with convolutional neural networks", IEEE Transactions on Medical
        Imaging 39(2), 2020, arXiv:1904.10030, equation 8.

    Differs: from MONAI's `HausdorffDTLoss`, which excludes class 0 by default.
    """

    def __init__(
        self, *, alpha: Number = 2.0, **common: Unpack[RegionArguments]
    ) -> None:
        super().__init__(**common)
        self.alpha = arguments.number(self, "alpha", alpha, above=0)

    def score(self, regions: Regions) -> Any:
        t, p = like(regions.t, regions.p), regions.p
        errors = ops.square(p - t) * self._weights_of_pixels(regions)
        losses, counted = mean_over_pixels(errors, regions, self.per == "batch")
        return self.mean_over_classes(losses, counted, regions)

    def _weights_of_pixels(self, regions: Regions) -> Any:
        """D_p^alpha + D_t^alpha, as a constant in the gradient."""
        both = ops.stack([as_mask(regions.t), as_mask(regions.p)])
        if regions.pixels is not None:
            both = ops.logical_and(both, regions.pixels)
        squares = squares_to_border(both, tuple(axis + 1 for axis in regions.space))
        squares = ops.cast(squares, regions.p.dtype)
        # D^alpha == (D^2)^(alpha / 2), without a root for alpha = 2
        of_t, of_p = ops.unstack(ops.power(squares, 0.5 * self.alpha), 2)
        return ops.stop_gradient(of_t + of_p)
