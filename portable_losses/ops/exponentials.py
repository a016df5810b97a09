"""exp(x) - 1 and log(1 + x), accurate near 0, also in their gradients."""

import math
from collections.abc import Sequence
from typing import Any

from keras import ops as raw

from portable_losses.ops.known import raw_is_right
from portable_losses.ops.pinning import pinned_float
from portable_losses.ops.selects import where

RAW_EXPM1 = raw_is_right(
    "expm1",
    "accurate near 0; OpenVINO 2026.4.1 subtracts 1 from exp(x): 5 % off at 1e-6",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
    numpy="2.4.6",
    mlx="0.31.2",
)
RAW_LOG1P = raw_is_right(
    "log1p",
    "accurate near 0; OpenVINO 2026.4.1 computes log of 1 + x: 5 % off at 1e-6",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
    numpy="2.4.6",
    mlx="0.31.2",
)


# Series need sums and products alone. Functions such as tanh and arctanh are accurate
# near 0 on most backends, but not on each: those of tinygrad 0.13 are 19 % off at 1e-7.
# With these numbers of terms both are exact to the last digits in float64.
_OF_EXP = [1.0 / math.factorial(k) for k in range(1, 17)]
_OF_ARTANH = [1.0 / (2 * k + 1) for k in range(17)]


def _series(x: Any, coefficients: Sequence[float]) -> Any:
    """coefficients[0] + coefficients[1] x + coefficients[2] x^2 + ..."""
    total: Any = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


def _expm1(x: Any) -> Any:
    near = raw.less(raw.absolute(x), 0.5)
    z = where(near, x, 0.0)
    return where(near, z * _series(z, _OF_EXP), raw.exp(where(near, 1.0, x)) - 1.0)


def _log1p(x: Any) -> Any:
    near = raw.less(raw.absolute(x), 0.5)
    z = where(near, x, 0.0)
    z = z / (2.0 + z)  # log(1 + x) == 2 artanh(x / (2 + x))
    close = 2.0 * z * _series(z * z, _OF_ARTANH)
    return where(near, close, raw.log(1.0 + where(near, 1.0, x)))


expm1 = raw.expm1 if RAW_EXPM1 else pinned_float(1)(_expm1)
"""`ops.expm1`: the function of Keras on backends where it is accurate near 0."""

log1p = raw.log1p if RAW_LOG1P else pinned_float(1)(_log1p)
"""`ops.log1p`: the function of Keras on backends where it is accurate near 0."""


def expm1_with_tail(x: Any) -> Any:
    """exp(x) - 1, exact near 0, with gradient exp(x).

    Some backends compute the gradient as expm1(x) + 1. Far below 0, expm1(x) rounds to
    -1, so that this gradient is 0: at x = -20 in float32, for example, instead of 2e-9.
    """
    low = x < -1.0
    # `exp` never gets a large x: its gradient would be infinite, and that of `where`
    # then NaN.
    return where(low, raw.exp(where(low, x, -1.0)) - 1.0, expm1(x))
