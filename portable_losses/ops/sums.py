"""Sums over neighboring axes, such as the positions of an image."""

import math
from typing import Any

import keras
from keras import ops as raw

from portable_losses.ops.known import faster_form

AXIS_BY_AXIS = faster_form(
    "sum over space",
    "over several axes torch adds along the last axis, which is short for channels; "
    "over one axis it adds whole rows",
    torch="2.13.0",
)
EXACT = ("bool", "int32", "int64", "float32", "float64")
"""Dtypes in which the sum over one axis keeps the accuracy of a sum over all axes."""


def sum_over(x: Any, axes: tuple[int, ...], keepdims: bool = False) -> Any:
    """The sum over `axes`, which are sorted, neighbors, and not the last axis."""
    rows = AXIS_BY_AXIS and len(axes) > 1
    if not rows or keras.backend.standardize_dtype(x.dtype) not in EXACT:
        return raw.sum(x, axis=axes, keepdims=keepdims)
    for step, axis in enumerate(axes):
        x = raw.sum(x, axis=axis if keepdims else axis - step, keepdims=keepdims)
    return x


def mean_over(x: Any, axes: tuple[int, ...]) -> Any:
    """The mean over `axes` of a tensor of numbers with a fraction; they get size 1."""
    if not AXIS_BY_AXIS:
        return raw.mean(x, axis=axes, keepdims=True)
    return sum_over(x, axes, keepdims=True) / math.prod(x.shape[a] for a in axes)
