"""The weighted sum of the multi-scale structural similarity and the absolute error."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.image._shared import space
from portable_losses.losses.image._similarity import MultiScaleArguments
from portable_losses.losses.image.multi_scale_structural_similarity import (
    MultiScaleStructuralSimilarity,
)

CUT = 4.0
"""The radius of the Gaussian of the absolute error, in standard deviations."""


class MixedStructuralSimilarity(MultiScaleStructuralSimilarity):
    """Mix of MS-SSIM and the absolute error (MS-SSIM + L1, "Mix").

    It penalizes differences of structure at several scales, by MS-SSIM, and differences
    of color and brightness, to which MS-SSIM is not sensitive.

    With r = y_pred - y_true and G a Gaussian filter of `l1_sigma` pixels,

        loss = alpha (1 - MS-SSIM) + (1 - alpha) mean(G * abs(r)) / max_value

    where the mean is over the spatial axes and the channels.

    Shapes: `y_true` and `y_pred` are images `(B, H, W, C)`, or volumes
    `(B, D, H, W, C)`; items are `(B,)`. With C = 1 `y_true` may lack the channel axis.

    Args:
        alpha: weight of MS-SSIM, in [0, 1].
        l1_sigma: > 0, the standard deviation of G in pixels. G is cut at 4 standard
            deviations, rounded to whole pixels. At the borders it is normalized to sum
            1, so that images of any size are allowed.
        weights: the exponent >= 0 of each scale, the finest scale first.
        max_value: > 0, the range of the values: 1.0, or 255 for pixels of 8 bits.
        filter_size: >= 1, the side of the window of MS-SSIM, in pixels.
        filter_sigma: > 0, the standard deviation of that window, in pixels.
        k1, k2: > 0, the constants of brightness and contrast, as parts of max_value.
        data_format: "channels_last", "channels_first" (`(B, C, H, W)`), or None for
            Keras's own setting.

    Edge cases: equal images cost 0 with gradient 0. In the absolute error an equal
    pixel has gradient 0. Where MS-SSIM is 0, as for an inverted image, the absolute
    error still has a gradient. Masks and weights are per sample.

    Raises:
        ValueError: if a side of the images is smaller than
            `filter_size * 2 ** (scales - 1)`, 176 by default; for a y_pred that does
            not have four or five axes, a y_true of another shape, an argument out of
            its range, and a mask or weights per pixel.

    Example:
        >>> loss = portable_losses.MixedStructuralSimilarity(
        ...     weights=[0.5, 0.5], filter_size=2
        ... )
        >>> t = np.ones((1, 4, 4, 1))
        >>> round(float(loss(t, 0.5 * t)), 4)  # 0.84 (1 - sqrt(0.8)) + 0.16 * 0.5
        0.1687

    Reference:
        Zhao, Gallo, Frosio, Kautz, "Loss functions for image restoration with neural
        networks", IEEE Transactions on Computational Imaging 3, 2017,
        arXiv:1511.08861, equation 14.

    Differs: from the paper, which evaluates MS-SSIM at the center of patches, with
    windows of increasing size, and uses the largest of them as G; here both terms are
    means over the image. From kornia, which multiplies the sum by 200.
    """

    def __init__(
        self,
        *,
        alpha: Number = 0.84,
        l1_sigma: Number = 8.0,
        **common: Unpack[MultiScaleArguments],
    ) -> None:
        super().__init__(**common)
        self.alpha = arguments.number(self, "alpha", alpha, at_least=0, at_most=1)
        self.l1_sigma = arguments.number(self, "l1_sigma", l1_sigma, above=0)

    def image_loss(self, t: Any, p: Any) -> Any:
        similarity = super().image_loss(t, p)
        absolute = ops.mean(ops.abs(p - t), axis=-1)
        # The mean of a filtered image is computed as a weighted mean of the image.
        for axis in reversed(space(p)):
            weights = _shares(ops.shape(p)[axis], self.l1_sigma, p.dtype)
            absolute = ops.sum(absolute * weights, axis=-1)
        absolute = absolute / self.max_value
        return self.alpha * similarity + (1.0 - self.alpha) * absolute


def _shares(size: Any, sigma: Any, dtype: Any) -> Any:
    """The weight of each pixel of an axis in the mean of the filtered axis."""
    x = ops.arange(size, dtype=dtype)
    distance = ops.abs(ops.expand_dims(x, 1) - x)
    g = ops.exp(-0.5 * ops.square(distance / sigma))
    g = ops.where(distance <= CUT * sigma + 0.5, g, 0.0)
    return ops.mean(g / ops.sum(g, axis=1, keepdims=True), axis=0)
