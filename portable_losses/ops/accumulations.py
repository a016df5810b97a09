"""Sums and products: half precision, NaNs, and the gradient at a zero."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.known import raw_is_right
from portable_losses.ops.pinning import (
    HALVES,
    axes_of,
    dtype_of,
    is_float,
    pinned,
    tensor,
)
from portable_losses.ops.selects import where

RAW_CUMPROD = raw_is_right(
    "cumprod, nancumprod",
    "the true gradient where entries are 0",
    jax="0.10.2",
    torch="2.13.0",
)
RAW_PROD = raw_is_right(
    "prod",
    "the true gradient where entries are 0",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)


@pinned
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """The running sums of x along `axis`, of the flattened x by default.

    Half precision is summed in float32 and rounded once, unless `dtype` says otherwise.
    Pinned because TensorFlow's float16 sum of ones stops at 2048.

    >>> ops.cumsum(ops.ones((4096,), "float16"))[-1]  # 4096
    """
    x = tensor(x)
    if dtype is None and dtype_of(x) in HALVES:
        return raw.cast(raw.cumsum(raw.cast(x, "float32"), axis=axis), x.dtype)
    return raw.cumsum(x, axis=axis, dtype=dtype)


@pinned
def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    """The product of x over `axis`, all axes by default.

    The gradient is the true one where entries are 0 as well. Half precision is
    multiplied in float32 and rounded once, unless `dtype` says otherwise. Pinned
    because TensorFlow rounds every step.

    >>> ops.prod(ops.full((100,), 1.01, "float16"))  # 2.643; TensorFlow's own: 2.631
    """
    x = tensor(x)
    if dtype is None and dtype_of(x) in HALVES:
        result = _prod(raw.cast(x, "float32"), axis, keepdims)
        return raw.cast(result, x.dtype)
    if RAW_PROD or not is_float(x):
        return raw.prod(x, axis=axis, keepdims=keepdims, dtype=dtype)
    return _prod(x if dtype is None else raw.cast(x, dtype), axis, keepdims)


def _prod(x: Any, axis: Any, keepdims: bool) -> Any:
    if RAW_PROD:
        return raw.prod(x, axis=axis, keepdims=keepdims)
    axes = axes_of(x, axis)
    for axis in axes:
        x = _halved(x, axis)
    return x if keepdims else raw.squeeze(x, axis=axes)


def _halved(x: Any, axis: int) -> Any:
    """The product over one axis, which keeps size 1: its halves are multiplied."""
    if x.shape[axis] is None:
        x, size = _by_doubling(x, axis), raw.shape(x)[axis]
        return raw.take(x, [size - 1], axis=axis)
    if x.shape[axis] == 0:
        shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
        return raw.ones(shape, x.dtype)
    while x.shape[axis] > 1:
        half, odd = divmod(x.shape[axis], 2)
        parts = raw.split(x, [half, 2 * half] if odd else [half], axis=axis)
        x = parts[0] * parts[1]
        if odd:
            x = raw.concatenate([x, parts[2]], axis=axis)
    return x


@pinned
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """The running products of x along `axis`, of the flattened x by default.

    The gradient is the true one where entries are 0 as well. Half precision is
    multiplied in float32 and rounded once, unless `dtype` says otherwise. Pinned
    because TensorFlow divides by the entries: the gradient of the sum of
    cumprod([0, 2, 3]) is [0, 0, 0] there, and here [9, 0, 0].

    >>> ops.cumprod(ops.convert_to_tensor([2.0, 3.0, 4.0]))  # [2, 6, 24]
    """
    x = tensor(x)
    if dtype is not None:
        x = raw.cast(x, dtype)
    elif dtype_of(x) in HALVES:
        return raw.cast(cumprod(raw.cast(x, "float32"), axis=axis), x.dtype)
    if RAW_CUMPROD or not is_float(x):
        return raw.cumprod(x, axis=axis)
    if axis is None:
        x, axis = raw.reshape(x, (-1,)), 0
    return _by_doubling(x, *axes_of(x, axis))


@pinned
def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """`cumprod`, in which a NaN counts as 1 and has gradient 0.

    Pinned because TensorFlow divides by the entries, and because TensorFlow and torch
    replace an infinity by the largest finite number.
    """
    return cumprod(_without_nan(x, 1), axis=axis, dtype=dtype)


@pinned
def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """`cumsum`, in which a NaN counts as 0 and has gradient 0.

    Pinned because TensorFlow and torch replace an infinity by the largest finite
    number.
    """
    return cumsum(_without_nan(x, 0), axis=axis, dtype=dtype)


def _without_nan(x: Any, instead: int) -> Any:
    x = tensor(x)
    # Cast to x's dtype: with a Python number, a float16 result would become float32.
    new = raw.cast(instead, x.dtype)
    return where(raw.isnan(x), new, x) if is_float(x) else x


def _by_doubling(x: Any, axis: int) -> Any:
    """Running products: step k multiplies each entry by the one 2^k places before it.

    The steps multiply and never divide, so the gradient is exact where entries are 0.
    """
    length = x.shape[axis]
    steps = 31 if length is None else max(length - 1, 0).bit_length()
    shape = [1] * len(x.shape)
    shape[axis] = -1
    place = raw.reshape(raw.arange(raw.shape(x)[axis]), shape)
    for step in range(steps):
        # `roll` moves the last entries to the start, where a factor of 1 replaces them.
        before = where(place < 2**step, 1.0, raw.roll(x, 2**step, axis=axis))
        x = x * before
    return x
