"""The focal frequency loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.image._shared import (
    ImageArguments,
    ImageLoss,
    mean_of_sample,
)


class FocalFrequency(ImageLoss):
    """Focal frequency loss (FFL, focally weighted squared error of spectra).

    It penalizes errors of the spectrum, with more weight on the frequencies that
    are hard to synthesize.

    With D the two-dimensional orthonormal Fourier transform of y_pred - y_true, which
    is the difference of the spectra,

        w = abs(D)^alpha    w = w / max(w)    loss = mean w abs(D)^2

    where the maximum is over the frequencies of a channel in a sample, the mean is over
    frequencies and channels, and w is a constant in the gradient.

    Shapes: `y_true` and `y_pred` are images `(B, H, W, C)`; items are `(B,)`. With
    C = 1 `y_true` may lack the channel axis.

    Args:
        alpha: >= 0, the focus. With 0 all frequencies have weight 1, and the loss is
            the mean squared error.
        log_matrix: whether w is log(1 + abs(D)^alpha), divided by its maximum.
        data_format: "channels_last", "channels_first" (`(B, C, H, W)`), or None for
            Keras's own setting.

    Edge cases: equal images cost 0 with gradient 0, and so do equal channels (where w
    is 0, or 1 with alpha = 0). Masks and weights are per sample.

    Raises:
        ValueError: for a negative alpha, a y_pred that does not have four axes, a
            y_true of another shape, and a mask or weights per pixel.

    Example:
        >>> loss = portable_losses.FocalFrequency()
        >>> t = np.zeros((1, 2, 2, 1))
        >>> p = np.reshape([1.0, 1.0, 0.0, 0.0], (1, 2, 2, 1))
        >>> float(loss(t, p))  # abs(D) is 1 twice, and 0 twice
        0.5

    Reference:
        Jiang, Dai, Wu, Loy, "Focal frequency loss for image reconstruction and
        synthesis", ICCV 2021, arXiv:2012.12821, equation 8.

    Differs: from the authors' code, which has the arguments `patch_factor`,
    `ave_spectrum` and `batch_matrix`: here, crop or average images before the loss.
    """

    def __init__(
        self,
        *,
        alpha: Number = 1.0,
        log_matrix: bool = False,
        **common: Unpack[ImageArguments],
    ) -> None:
        super().__init__(**common)
        self.alpha = arguments.number(self, "alpha", alpha, at_least=0)
        self.log_matrix = arguments.flag(self, "log_matrix", log_matrix)

    def image_loss(self, t: Any, p: Any) -> Any:
        if p.shape[0] == 0:
            return mean_of_sample(p)  # torch cannot transform an empty batch
        d = ops.moveaxis(p - t, -1, 1)
        height, width = ops.shape(d)[2], ops.shape(d)[3]
        # The transform is linear: that of the difference replaces two transforms.
        real, imaginary = ops.fft2((d, ops.zeros_like(d)))
        pixels = ops.cast(height * width, d.dtype)
        power = (ops.square(real) + ops.square(imaginary)) / pixels
        return mean_of_sample(self._weights(power) * power)

    def _weights(self, power: Any) -> Any:
        size = ops.sqrt(ops.stop_gradient(power))
        if self.log_matrix:
            return _over_maximum(ops.log1p(ops.power(size, self.alpha)))
        return ops.power(_over_maximum(size), self.alpha)


def _over_maximum(x: Any) -> Any:
    """Each plane over its maximum; 0 for a plane of zeros."""
    return ops.divide(x, ops.max(x, axis=(2, 3), keepdims=True))
