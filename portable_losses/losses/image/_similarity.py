"""Shared by the structural similarities: arguments, and the error of each pixel."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Unpack

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.moving import Moving
from portable_losses.core.signature import Number
from portable_losses.losses.image._shared import (
    ImageArguments,
    ImageLoss,
    sides,
    space,
)
from portable_losses.ops.filters import filtered
from portable_losses.ops.sums import mean_over


class SimilarityArguments(ImageArguments, total=False):
    """The arguments that the structural similarities share."""

    max_value: Number
    filter_size: int
    filter_sigma: Number
    k1: Number
    k2: Number


class MultiScaleArguments(SimilarityArguments, total=False):
    """The arguments that the losses at several scales share."""

    weights: Sequence[float] | Moving


class Pair(NamedTuple):
    """Sum and difference of prediction and target, side by side, `(B, *space, 2 C)`.

    Args:
        centered: both minus their means over the spatial axes. So their squares, of
            which differences are computed, are small.
        mean: these means, `(B, 1, ..., 2 C)`.
    """

    centered: Any
    mean: Any


class SimilarityLoss(ImageLoss):
    """Base of the losses that compare means and variances in a sliding window."""

    _volumes = True

    def __init__(
        self,
        *,
        max_value: Number = 1.0,
        filter_size: int = 11,
        filter_sigma: Number = 1.5,
        k1: Number = 0.01,
        k2: Number = 0.03,
        **common: Unpack[ImageArguments],
    ) -> None:
        super().__init__(**common)
        self.max_value = arguments.number(self, "max_value", max_value, above=0)
        self.filter_size = arguments.integer(
            self, "filter_size", filter_size, at_least=1
        )
        self.filter_sigma = arguments.number(
            self, "filter_sigma", filter_sigma, above=0
        )
        self.k1 = arguments.number(self, "k1", k1, above=0)
        self.k2 = arguments.number(self, "k2", k2, above=0)

    def require_window_within(self, y_pred: Any) -> None:
        """Reject a window that is wider than the images."""
        least = min(sides(y_pred))
        if self.filter_size > least:
            rule = f"<= {least}, the smallest side of the images"
            remedy = "pass a smaller filter_size or larger images"
            errors.fail(self, "filter_size", rule, self.filter_size, remedy)

    def errors_of(self, pair: Pair) -> tuple[Any, Any]:
        """1 - l and 1 - cs at each valid position, `(B, *space, C)`.

        With s = p + t and d = p - t, of means m and variances v,

            1 - l = (m_p - m_t)^2 / (m_p^2 + m_t^2 + c1)
                 == 2 m_d^2 / (m_s^2 + m_d^2 + 2 c1)
            1 - cs = (v_p + v_t - 2 cov) / (v_p + v_t + c2)
                 == 2 v_d / (v_s + v_d + 2 c2)

        without cancellation where p is near t, and with four filters, not five.
        """
        window = gaussian(self.filter_size, self.filter_sigma, pair.mean.dtype)
        moments = ops.concatenate([pair.centered, ops.square(pair.centered)], axis=-1)
        mean, second = ops.split(filtered(moments, window), 2, axis=-1)
        # A variance of 0 may be negative by rounding, and a denominator then 0.
        variance = ops.relu(second - ops.square(mean))
        v_s, v_d = ops.split(variance, 2, axis=-1)
        m_s, m_d = ops.split(ops.square(mean + pair.mean), 2, axis=-1)
        c1 = 2.0 * (self.k1 * self.max_value) ** 2
        c2 = 2.0 * (self.k2 * self.max_value) ** 2
        return 2.0 * m_d / (m_s + m_d + c1), 2.0 * v_d / (v_s + v_d + c2)


def pair_of(t: Any, p: Any) -> Pair:
    """Sum and difference of two images."""
    both = ops.concatenate([p + t, p - t], axis=-1)
    # Variances do not depend on the mean that is subtracted, so it may be a constant.
    mean = ops.stop_gradient(mean_over(both, space(both)))
    return Pair(both - mean, mean)


def either(luminance: Any, contrast: Any) -> Any:
    """1 - l cs, from 1 - l and 1 - cs."""
    return luminance + contrast - luminance * contrast


def gaussian(size: int, sigma: Any, dtype: Any) -> Any:
    """A Gaussian window of sum 1."""
    x = (ops.arange(size, dtype=dtype) - 0.5 * (size - 1)) / sigma
    # The largest exponent is subtracted, so that the sum is not 0 for a small sigma.
    exponent = -0.5 * ops.square(x)
    weights = ops.exp(exponent - ops.max(exponent))
    return weights / ops.sum(weights)
