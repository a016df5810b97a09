"""Tensors as the numbers that a report shows."""

import math
from typing import Any

import keras

from portable_losses.ops import eager
from portable_losses.ops.selects import where


def tensor(x: Any) -> Any:
    """A value as a tensor of numbers; None if it cannot be converted."""
    try:
        x = None if x is None else keras.ops.convert_to_tensor(x)
    except Exception:  # each backend has its own type of error
        return None
    words = x is None or keras.backend.standardize_dtype(x.dtype) == "string"
    return None if words else x


def floats(x: Any) -> Any:
    """A tensor in a dtype for which every backend has `isfinite`."""
    return keras.ops.cast(x, float_of(x))


def number(x: Any) -> float:
    """A scalar as a Python number; for several numbers their mean."""
    return float(keras.ops.convert_to_numpy(keras.ops.mean(floats(x))))


def samples_where(chosen: Any) -> tuple[int, ...]:
    """The samples in which any element is True; () without a batch axis."""
    if chosen is None or len(chosen.shape) == 0 or 0 in tuple(chosen.shape):
        return ()
    samples = keras.ops.any(keras.ops.reshape(chosen, (chosen.shape[0], -1)), axis=1)
    flags = eager.known_values(samples)
    assert flags is not None  # this is eager mode
    return tuple(i for i, flag in enumerate(flags.tolist()) if flag)


def broken(x: Any) -> tuple[int, ...]:
    """The samples with an element that is not finite."""
    if x is None or not keras.backend.is_float_dtype(x.dtype):
        return ()
    return samples_where(keras.ops.logical_not(keras.ops.isfinite(floats(x))))


def largest(x: Any) -> list[float]:
    """The largest finite entry of each sample; NaN if there is none."""
    x = keras.ops.reshape(floats(x), (x.shape[0], -1))
    finite = where(keras.ops.isfinite(x), x, -math.inf)
    tops = keras.ops.convert_to_numpy(keras.ops.max(finite, axis=1)).tolist()
    return [math.nan if top == -math.inf else float(top) for top in tops]


def extent(x: Any) -> tuple[float, float] | None:
    """The smallest and the largest finite entry; None if there is no such entry."""
    if x is None or 0 in tuple(x.shape):
        return None
    flat = keras.ops.reshape(floats(x), (1, -1))
    (low,), (high,) = largest(-flat), largest(flat)
    return None if math.isnan(high) else (0.0 - low, high)


def float_of(x: Any) -> str:
    dtype = None if x is None else keras.backend.standardize_dtype(x.dtype)
    return "float64" if dtype == "float64" else "float32"
