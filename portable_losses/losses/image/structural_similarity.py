"""The structural similarity (SSIM) as a loss."""

from typing import Any

from portable_losses.losses.image._shared import mean_of_sample
from portable_losses.losses.image._similarity import SimilarityLoss, either, pair_of


class StructuralSimilarity(SimilarityLoss):
    """Structural similarity loss (SSIM, DSSIM without its factor of 1/2).

    It penalizes local differences of brightness, contrast and structure, a model of the
    differences that humans perceive.

    With t the target, p the prediction, and the means m, variances v and covariance cov
    in a Gaussian window around a pixel,

        l = (2 m_p m_t + c1) / (m_p^2 + m_t^2 + c1)    c1 = (k1 max_value)^2
        cs = (2 cov + c2) / (v_p + v_t + c2)           c2 = (k2 max_value)^2
        loss = 1 - l cs

    and the item is the mean over the channels and over the positions where the window
    lies within the image.

    Shapes: `y_true` and `y_pred` are images `(B, H, W, C)`, or volumes
    `(B, D, H, W, C)` with a window of three axes; items are `(B,)`. With C = 1 `y_true`
    may lack the channel axis.

    Args:
        max_value: > 0, the range of the values: 1.0, or 255 for pixels of 8 bits.
        filter_size: >= 1, the side of the window in pixels.
        filter_sigma: > 0, the standard deviation of the window, in pixels.
        k1, k2: > 0, the constants of brightness and contrast, as parts of max_value.
        data_format: "channels_last", "channels_first" (`(B, C, H, W)`), or None for
            Keras's own setting.

    Edge cases: equal images cost 0 with gradient 0, and for almost equal images the
    relative error of the value is small. The loss is at most 2, for opposite structure.
    Where both images are constant only l counts. Moments are computed in float32, after
    the mean of each channel is subtracted, so that neither a large constant nor inputs
    of half precision reduce the accuracy. Masks and weights are per sample.

    Cost: the time is that of one filter along each axis for four planes per channel.

    Raises:
        ValueError: if `filter_size` exceeds a side of the images, for a y_pred that
            does not have four or five axes, a y_true of another shape, an argument out
            of its range, and a mask or weights per pixel.

    Example:
        >>> loss = portable_losses.StructuralSimilarity(filter_size=3)
        >>> t = np.ones((1, 4, 4, 1))
        >>> round(float(loss(t, 0.5 * t)), 4)  # 1 - (1 + 1e-4) / (1.25 + 1e-4)
        0.2

    Reference:
        Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error
        visibility to structural similarity", IEEE Transactions on Image Processing 13,
        2004, doi:10.1109/TIP.2003.819861, equation 13.

    Differs: from scikit-image, whose default is a uniform window of 7 pixels and
    unbiased moments; `gaussian_weights=True, use_sample_covariance=False` are the ones
    here. From `tf.image.ssim`, which computes moments without subtracting the mean.
    """

    def image_loss(self, t: Any, p: Any) -> Any:
        self.require_window_within(p)
        return mean_of_sample(either(*self.errors_of(pair_of(t, p))))
