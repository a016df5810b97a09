"""The multi-scale structural similarity (MS-SSIM) as a loss."""

from collections.abc import Sequence
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.moving import Moving
from portable_losses.losses.image._shared import sides, space
from portable_losses.losses.image._similarity import (
    Pair,
    SimilarityArguments,
    SimilarityLoss,
    either,
    pair_of,
)
from portable_losses.ops.exponentials import expm1_with_tail


class MultiScaleStructuralSimilarity(SimilarityLoss):
    """Multi-scale structural similarity loss (MS-SSIM).

    It penalizes differences of contrast and structure at several scales, and
    differences of brightness at the coarsest scale.

    With l and cs as in `StructuralSimilarity`, images that are reduced by 2 x 2 average
    pooling from one scale to the next, and w the weights,

        loss = 1 - mean(l_M cs_M)^w_M  mean(cs_1)^w_1 ... mean(cs_{M-1})^w_{M-1}

    The means are over the positions of a channel; a negative mean counts as 0. The item
    is the mean over the channels.

    Shapes: `y_true` and `y_pred` are images `(B, H, W, C)`, or volumes
    `(B, D, H, W, C)`; items are `(B,)`. With C = 1 `y_true` may lack the channel axis.

    Args:
        weights: the exponent >= 0 of each scale, the finest scale first. Their number
            is the number of scales.
        max_value: > 0, the range of the values: 1.0, or 255 for pixels of 8 bits.
        filter_size: >= 1, the side of the window in pixels, at every scale.
        filter_sigma: > 0, the standard deviation of the window, in pixels.
        k1, k2: > 0, the constants of brightness and contrast, as parts of max_value.
        data_format: "channels_last", "channels_first" (`(B, C, H, W)`), or None for
            Keras's own setting.

    Edge cases: equal images cost 0 with gradient 0, and for almost equal images the
    relative error of the value is small. If a size is odd, its last row or column is
    dropped at the next scale. A channel in which a mean is negative or 0 (an inverted
    image) costs 1 with gradient 0; for means above 0 the gradient does not vanish. So
    start training with another loss, or use `MixedStructuralSimilarity`. A scale of
    weight 0 has no effect. Masks and weights are per sample.

    Raises:
        ValueError: if a side of the images is smaller than
            `filter_size * 2 ** (scales - 1)`, 176 by default; for a y_pred that does
            not have four or five axes, a y_true of another shape, an argument out of
            its range, and a mask or weights per pixel.

    Example:
        >>> loss = portable_losses.MultiScaleStructuralSimilarity(
        ...     weights=[0.5, 0.5], filter_size=2
        ... )
        >>> t = np.ones((1, 4, 4, 1))
        >>> round(float(loss(t, 0.5 * t)), 4)  # 1 - sqrt(0.8)
        0.1056

    Reference:
        Wang, Simoncelli, Bovik, "Multiscale structural similarity for image quality
        assessment", Asilomar Conference on Signals, Systems and Computers 2003,
        doi:10.1109/ACSSC.2003.1292216, equation 7.

    Differs: from the paper, which does not define negative means: here they count as 0,
    as in TensorFlow and pytorch-msssim. As there, the mean of l_M cs_M replaces the
    product of means of the paper. From TensorFlow, which pads odd sizes.
    """

    def __init__(
        self,
        *,
        weights: Sequence[float] | Moving = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
        **common: Unpack[SimilarityArguments],
    ) -> None:
        super().__init__(**common)
        self.weights = arguments.vector(self, "weights", weights, at_least=0)

    def image_loss(self, t: Any, p: Any) -> Any:
        pair, scales = pair_of(t, p), _length(self.weights)
        least = self.filter_size * 2 ** (scales - 1)
        if min(sides(p)) < least:
            rule = f"images with sides of at least {least}, which is "
            rule += f"filter_size * 2^(scales - 1) = {self.filter_size} * 2^"
            remedy = "pass larger images, a smaller filter_size or fewer weights"
            self.reject(f"{rule}{scales - 1}", tuple(p.shape), remedy)
        log_product: Any = 0.0
        any_zero: Any = False
        for scale in range(scales):
            if scale > 0:
                pair = _halved(pair)
            luminance, contrast = self.errors_of(pair)
            last = scale == scales - 1
            error = either(luminance, contrast) if last else contrast
            error = ops.mean(error, axis=space(error))
            weight, is_zero = self.weights[scale], error >= 1.0
            # exp(sum w log(1 - error)) - 1 is accurate for small errors.
            log = ops.log1p(-ops.where(is_zero, 0.0, error))
            log_product = log_product + weight * log
            any_zero = ops.logical_or(any_zero, ops.logical_and(is_zero, weight > 0))
        return ops.mean(ops.where(any_zero, 1.0, -expm1_with_tail(log_product)), axis=1)


def _length(weights: Any) -> int:
    """The number of weights, which are a tuple or the tensor of a Hyperparameter."""
    length: int = weights.shape[0] if hasattr(weights, "shape") else len(weights)
    return length


def _halved(pair: Pair) -> Pair:
    """The means of 2 x 2 pixels; the last row or column of an odd size is dropped."""
    x = pair.centered
    for axis in space(x):
        sizes = list(ops.shape(x))
        half = sizes[axis] // 2
        x = x[(*(slice(None),) * axis, slice(0, 2 * half))]
        x = ops.reshape(x, (*sizes[:axis], half, 2, *sizes[axis + 1 :]))
        x = ops.mean(x, axis=axis + 1)
    return Pair(x, pair.mean)
