"""The negative peak signal-to-noise ratio."""

import math
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.image._shared import (
    ImageArguments,
    ImageLoss,
    mean_of_sample,
)

DECIBELS = 10.0 / math.log(10.0)


class PeakSignalToNoise(ImageLoss):
    """Negative peak signal-to-noise ratio (PSNR), in decibels.

    It penalizes the logarithm of the squared error of an image, so that each halving of
    the error counts the same.

    With mse the mean of (y_pred - y_true)^2 over an image,

        loss = -10 log10(max_value^2 / max(mse, epsilon max_value^2))

    Shapes: `y_true` and `y_pred` are images `(B, H, W, C)`, or volumes
    `(B, D, H, W, C)`; items are `(B,)`. With C = 1 `y_true` may lack the channel axis.

    Args:
        max_value: > 0, the range of the values: 1.0, or 255 for pixels of 8 bits.
        epsilon: > 0, the smallest mse, as a part of max_value^2.
        data_format: "channels_last", "channels_first" (`(B, C, H, W)`), or None for
            Keras's own setting.

    Edge cases: equal images, and images with an mse below epsilon max_value^2, cost
    10 log10(epsilon), which is -120 by default, with gradient 0. Above this bound the
    gradient is that of the mse times 4.34 / mse, which grows as the error decreases. An
    error of max_value everywhere costs 0, and a larger error costs more than 0. Masks
    and weights are per sample.

    Raises:
        ValueError: if max_value or epsilon is not > 0, for a y_pred that does not have
            four or five axes, a y_true of another shape, and a mask or weights per
            pixel.

    Example:
        >>> loss = portable_losses.PeakSignalToNoise()
        >>> t = np.zeros((1, 2, 2, 1))
        >>> round(float(loss(t, t + 0.1)), 4)  # mse = 0.01
        -20.0
        >>> round(float(loss(t, t)), 4)
        -120.0

    Reference:
        Horé, Ziou, "Image quality metrics: PSNR vs. SSIM", ICPR 2010,
        doi:10.1109/ICPR.2010.579.

    Differs: from `tf.image.psnr` and scikit-image, which return the positive ratio, and
    inf for equal images.
    """

    _volumes = True

    def __init__(
        self,
        *,
        max_value: Number = 1.0,
        epsilon: Number = 1e-12,
        **common: Unpack[ImageArguments],
    ) -> None:
        super().__init__(**common)
        self.max_value = arguments.number(self, "max_value", max_value, above=0)
        self.epsilon = arguments.number(self, "epsilon", epsilon, above=0)

    def image_loss(self, t: Any, p: Any) -> Any:
        share = mean_of_sample(ops.square((p - t) / self.max_value))
        return DECIBELS * ops.log(ops.maximum(share, self.epsilon))
