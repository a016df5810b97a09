"""Roots, and functions that contain one: the gradient is 0 where the root is 0."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.known import raw_is_right
from portable_losses.ops.pinning import axes_of, pinned_float
from portable_losses.ops.selects import where

RAW_NANVAR = raw_is_right(
    "nanstd",
    "a NaN has gradient 0; nanstd is the square root of nanvar",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)


@pinned_float(1)
def sqrt(x: Any) -> Any:
    """The square root, with gradient 1 / (2 sqrt(x)), and 0 at 0.

    `x` has any shape; a negative number gives NaN. Pinned because the true gradient at
    0 is infinite, and infinity times the 0 that the chain rule brings is NaN.

    >>> x = ops.convert_to_tensor([0.0, 4.0])
    >>> ops.sqrt(x)  # [0, 2], gradient [0, 0.25]
    """
    # The root is never taken of 0: a `where` after it alone would leave a NaN gradient.
    zero = raw.equal(x, 0)
    return where(zero, 0.0, raw.sqrt(where(zero, 1.0, x)))


@pinned_float(1)
def rsqrt(x: Any) -> Any:
    """1 / sqrt(x); at 0 it is 0 with gradient 0, by the convention of `divide`.

    A negative number gives NaN. Pinned because all backends give inf with gradient
    -inf at 0.

    >>> ops.rsqrt(ops.convert_to_tensor([0.0, 4.0]))  # [0, 0.5]
    """
    zero = raw.equal(x, 0)
    return where(zero, 0.0, raw.rsqrt(where(zero, 1.0, x)))


@pinned_float(1)
def cbrt(x: Any) -> Any:
    """The real cube root, with gradient 0 at 0.

    Pinned because at 0 the gradient is infinite on JAX, and NaN on the others.

    >>> ops.cbrt(ops.convert_to_tensor([-8.0, 0.0]))  # [-2, 0], gradient [1/12, 0]
    """
    zero = raw.equal(x, 0)
    return where(zero, 0.0, raw.cbrt(where(zero, 1.0, x)))


@pinned_float(2)
def hypot(x1: Any, x2: Any) -> Any:
    """sqrt(x1^2 + x2^2) without overflow, with gradient (0, 0) at the origin.

    Shapes broadcast. Pinned because the gradient at the origin is 0, 0.5 or NaN,
    depending on the backend, and TensorFlow's is wrong wherever |x1| = |x2|.

    >>> ops.hypot(ops.convert_to_tensor([3.0, 0.0]), [4.0, 0.0])  # [5, 0]
    """
    # A constant scale changes neither the value nor the gradient.
    scale = raw.stop_gradient(raw.maximum(raw.absolute(x1), raw.absolute(x2)))
    usable = raw.logical_and(raw.greater(scale, 0), raw.less(scale, float("inf")))
    scale = where(usable, scale, 1.0)
    return scale * sqrt(raw.square(x1 / scale) + raw.square(x2 / scale))


@pinned_float(1)
def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The standard deviation sqrt(mean((x - mean(x))^2)), with gradient 0 at 0.

    Over `axis`, all axes by default. Pinned because the gradient of a constant input is
    NaN on TensorFlow and JAX. A constant input gives exactly 0 for every constant.

    >>> ops.std(ops.convert_to_tensor([0.1, 0.1, 0.1]))  # 0, gradient [0, 0, 0]
    """
    # The mean of equal numbers may have a rounding error, which the root would magnify.
    # So the first number is subtracted from all: equal numbers are then exactly 0.
    return sqrt(raw.var(x - _first(x, axis), axis=axis, keepdims=keepdims))


@pinned_float(1)
def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`std` of the entries that are not NaN, with gradient 0 at 0.

    Pinned because the gradient of a constant input is NaN on all backends.
    """
    if RAW_NANVAR:
        return sqrt(raw.nanvar(x, axis=axis, keepdims=keepdims))
    unknown = raw.isnan(x)
    x = where(unknown, 0.0, x)
    known = raw.cast(raw.logical_not(unknown), x.dtype)
    count = raw.sum(known, axis=axis, keepdims=True)
    # If all entries are NaN, the count is 0, and the variance below is 0 / 0 = NaN.
    several = where(raw.equal(count, 0), 1.0, count)
    mean = raw.sum(x, axis=axis, keepdims=True) / several
    rest = where(unknown, 0.0, x - mean)
    total = raw.sum(raw.square(rest), axis=axis, keepdims=keepdims)
    return sqrt(total / raw.sum(known, axis=axis, keepdims=keepdims))


def _first(x: Any, axis: Any) -> Any:
    """One entry per slice over `axis`, as a constant that broadcasts against x."""
    over = axes_of(x, axis)
    index = (slice(0, 1) if i in over else slice(None) for i in range(len(x.shape)))
    return raw.stop_gradient(x[tuple(index)])
