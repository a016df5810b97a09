"""Logarithms with a finite value and gradient at 0."""

import math
from typing import Any

from keras import ops as raw

from portable_losses.ops.extremes import clip
from portable_losses.ops.known import faster_form
from portable_losses.ops.pinning import TINY, as_dtype, dtype_of, pinned_float
from portable_losses.ops.selects import where

OWN_GRADIENT = faster_form(
    "log_of_clipped",
    "a custom gradient: each operation is a pass over memory, and this one needs no "
    "gradient of clip",
    tensorflow="2.21.0",
)


@pinned_float(1)
def log(x: Any) -> Any:
    """ln(x); at 0 it is the logarithm of the smallest normal number, with gradient 0.

    That is ln(2^-126) = -87.3365 (half precision is computed in float32), or
    ln(2^-1022) = -708.396 where the backend keeps float64. Numbers too small to be
    normal count as 0. A negative number gives NaN. Pinned because log(0) = -inf times a
    target of 0 is NaN, and because backends disagree on subnormal numbers.

    >>> x = ops.convert_to_tensor([0.0, 1.0])
    >>> ops.log(x)  # [-87.3365, 0], gradient [0, 1]
    """
    return raw.log(_normal(x))


@pinned_float(1)
def log2(x: Any) -> Any:
    """The binary logarithm; -126 with gradient 0 at 0 (-1022 in float64); see `log`."""
    return raw.log2(_normal(x))


@pinned_float(1)
def log10(x: Any) -> Any:
    """The decimal logarithm; -37.93 with gradient 0 at 0; see `log`."""
    return raw.log10(_normal(x))


def _normal(x: Any) -> Any:
    """x, in which the smallest normal number, as a constant, replaces smaller sizes."""
    tiny = as_dtype(TINY[dtype_of(x)], dtype_of(x))
    return where(raw.less(raw.absolute(x), tiny), tiny, x)


@pinned_float(2)
def xlogy(x: Any, y: Any) -> Any:
    """The product x ln(y), and 0 at x = 0 whatever y is; finite for y >= 0.

    Shapes broadcast. The logarithm is `log` of this package: at y = 0 the value is
    -87.3365 x, and the gradient is -87.3365 in x and 0 in y. At x = 0 the value and
    both gradients are 0 if y is 0, negative, infinite or NaN. Not in `keras.ops`, where
    0 * log(0) is NaN.

    >>> x = ops.convert_to_tensor([0.0, 2.0])
    >>> ops.xlogy(x, ops.convert_to_tensor([0.0, 1.0]))  # [0, 0]
    """
    dtype = dtype_of(x if hasattr(x, "dtype") else y)
    y = as_dtype(y, dtype)
    tiny = as_dtype(TINY[dtype], dtype)
    usable = raw.logical_and(raw.greater_equal(y, tiny), raw.less(y, math.inf))
    absent = raw.logical_and(raw.equal(x, 0), raw.logical_not(usable))
    return x * log(where(absent, 1.0, y))


def log_of_clipped(x: Any, low: float, high: float) -> Any:
    """ln(clip(x, low, high)), for two positive numbers `low` and `high`."""
    if not OWN_GRADIENT:
        # The logarithm of Keras, which is fast: after the clip no entry is 0.
        return raw.log(clip(x, low, high))

    def logarithm(x: Any) -> tuple[Any, Any]:
        clipped = raw.clip(x, low, high)

        def gradient(*args: Any, upstream: Any = None) -> Any:
            g = args[0] if upstream is None else upstream
            return raw.where(raw.equal(x, clipped), g / clipped, 0.0)

        return raw.log(clipped), gradient

    return raw.custom_gradient(logarithm)(x)
