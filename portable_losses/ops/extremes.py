"""maximum, minimum and clip: the same gradient at ties and bounds on all backends."""

import operator
from typing import Any

from keras import ops as raw

from portable_losses.ops.known import faster_form, raw_is_right
from portable_losses.ops.pinning import (
    FLOATS,
    as_dtype,
    is_float,
    is_number,
    pinned,
    result_type,
    tensor,
)
from portable_losses.ops.selects import where

RAW_MAXIMUM = raw_is_right(
    "maximum, fmax", "at a tie each gets half", jax="0.10.2", torch="2.13.0"
)
RAW_MINIMUM = raw_is_right(
    "minimum, fmin", "at a tie each gets half", jax="0.10.2", torch="2.13.0"
)
RAW_CLIP = raw_is_right(
    "clip, hard_tanh",
    "gradient 1 at the bounds, none to the bounds; used where a bound is a tensor",
    tensorflow="2.21.0",
    torch="2.13.0",
)
CLAMP = faster_form(
    "clip, hard_tanh",
    "Keras makes tensors of the bounds, for which torch has a slower kernel; with "
    "numbers the gradient at a bound is 1 too",
    torch="2.13.0",
)
TWO_SELECTS = faster_form(
    "clip, hard_tanh",
    "two numbers as bounds take two selects; the gradient of TensorFlow's clip is five "
    "kernels",
    tensorflow="2.21.0",
)
ONE_SELECT = faster_form(
    "clip, hard_tanh",
    "one bound takes one select; TensorFlow's clip takes two",
    tensorflow="2.21.0",
)


@pinned
def maximum(x1: Any, x2: Any) -> Any:
    """The larger of x1 and x2; at a tie each gets half of the gradient.

    Shapes broadcast. The rule holds against a constant too: `maximum(x, 0.0)` at 0 has
    gradient 0.5 (`relu` has 0). A NaN on either side gives NaN. Pinned because
    TensorFlow gives a tie's whole gradient to x1.

    >>> x = ops.convert_to_tensor([1.0, 2.0])
    >>> ops.maximum(x, 1.0)  # [1, 2], gradient [0.5, 1]
    """
    if RAW_MAXIMUM:
        return raw.maximum(x1, x2)
    return _choose(raw.maximum, raw.greater, raw.less, x1, x2)


@pinned
def minimum(x1: Any, x2: Any) -> Any:
    """The smaller of x1 and x2; at a tie each gets half of the gradient.

    Shapes broadcast; a NaN on either side gives NaN. Pinned because TensorFlow gives a
    tie's whole gradient to x1.

    >>> x = ops.convert_to_tensor([1.0, 2.0])
    >>> ops.minimum(x, 1.0)  # [1, 1], gradient [0.5, 0]
    """
    if RAW_MINIMUM:
        return raw.minimum(x1, x2)
    return _choose(raw.minimum, raw.less, raw.greater, x1, x2)


def _choose(native: Any, first: Any, second: Any, x1: Any, x2: Any) -> Any:
    values = [x if is_number(x) else tensor(x) for x in (x1, x2)]
    dtype = result_type(*values)
    if dtype not in FLOATS:
        return native(x1, x2)
    x1, x2 = (as_dtype(x, dtype) for x in values)
    # Both comparisons with a NaN are False, so it reaches `tie`, which is then NaN. The
    # maximum of TensorFlow under XLA returns the other number instead.
    tie = 0.5 * x1 + 0.5 * x2
    return where(first(x1, x2), x1, where(second(x1, x2), x2, tie))


@pinned
def fmax(x1: Any, x2: Any) -> Any:
    """`maximum`, except that where one argument is NaN the result is the other one.

    Pinned because at a tie TensorFlow and torch give the whole gradient to x1, and JAX
    to x2; here each gets half.
    """
    x1, x2 = _fill_nan(x1, x2), _fill_nan(x2, x1)
    return maximum(x1, x2)


@pinned
def fmin(x1: Any, x2: Any) -> Any:
    """`minimum`, but where one argument is NaN the result is the other; see `fmax`."""
    x1, x2 = _fill_nan(x1, x2), _fill_nan(x2, x1)
    return minimum(x1, x2)


def _fill_nan(x: Any, other: Any) -> Any:
    return where(raw.isnan(x), other, x)


@pinned
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """min(max(x, x_min), x_max), with gradient 1 on the closed interval, 0 outside.

    A bound is a number, a tensor that broadcasts against `x`, or None for no bound;
    the result has x's dtype. At x = x_min and x = x_max all the gradient goes to x,
    none to the bounds. NaN stays NaN. Pinned because JAX gives 0.5 at the bounds.

    >>> x = ops.convert_to_tensor([-1.0, 0.0, 2.0])
    >>> ops.clip(x, 0.0, 1.0)  # [0, 0, 1], gradient [0, 1, 0]
    """
    x = tensor(x)
    if not is_float(x):
        return _clip_integers(x, x_min, x_max)
    bounds = [b for b in (x_min, x_max) if b is not None]
    numbers = all(is_number(bound) for bound in bounds)
    if CLAMP and numbers and bounds:
        return x.clamp(x_min, x_max)
    if TWO_SELECTS and numbers and len(bounds) == 2:
        clipped = raw.stop_gradient(raw.clip(x, *bounds))
        outside = raw.logical_or(raw.less(x, x_min), raw.greater(x, x_max))
        return where(outside, clipped, x)  # a NaN is not outside
    if RAW_CLIP and not (ONE_SELECT and len(bounds) == 1):
        lower = -float("inf") if x_min is None else x_min
        upper = float("inf") if x_max is None else x_max
        return raw.clip(x, as_dtype(lower, x.dtype), as_dtype(upper, x.dtype))
    for bound, beyond in ((x_min, operator.lt), (x_max, operator.gt)):
        if bound is not None:
            # Keras gives a Python number x's dtype without making an array of it.
            bound = float(bound) if is_number(bound) else as_dtype(bound, x.dtype)
            x = where(beyond(x, bound), bound, x)
    return x


def _clip_integers(x: Any, x_min: Any, x_max: Any) -> Any:
    if x_min is not None and x_max is not None:
        return raw.clip(x, x_min, x_max)
    x = x if x_min is None else raw.maximum(x, x_min)
    return x if x_max is None else raw.minimum(x, x_max)
