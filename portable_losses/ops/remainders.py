"""fmod and floor_divide: they have a gradient on all backends, and it is right at 0."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.known import faster_form, raw_is_right
from portable_losses.ops.pinning import (
    is_float,
    is_number,
    pinned,
    pinned_float,
    result_type,
    tensor,
)
from portable_losses.ops.selects import where

RAW_FMOD = raw_is_right(
    "fmod", "gradient 1 in x1 and -trunc(x1 / x2) in x2", jax="0.10.2", torch="2.13.0"
)
WHOLE_ZERO = faster_form(
    "fmod", "the gradient is wrong at x1 = 0 only", tensorflow="2.21.0"
)


@pinned
def fmod(x1: Any, x2: Any) -> Any:
    """x1 - trunc(x1 / x2) x2, with gradient 1 in x1 and -trunc(x1 / x2) in x2.

    Shapes broadcast. Pinned because TensorFlow's gradient at x1 = 0 is 0.

    >>> ops.fmod(ops.convert_to_tensor([0.0, -5.0]), 3.0)  # [0, -2]
    """
    if RAW_FMOD:
        return raw.fmod(x1, x2)
    x1, x2 = (x if is_number(x) else tensor(x) for x in (x1, x2))
    return _fmod(x1, x2) if "float" in result_type(x1, x2) else raw.fmod(x1, x2)


@pinned_float(2)
def _fmod(x1: Any, x2: Any) -> Any:
    if WHOLE_ZERO:
        # The result is 0 at x1 = 0, except that an x2 of 0 or NaN gives NaN.
        whole = raw.logical_and(raw.equal(x1, 0), raw.greater(raw.absolute(x2), 0))
        return where(whole, x1, raw.fmod(x1, x2))
    x1, x2 = tensor(x1), tensor(x2)
    rest = raw.stop_gradient(raw.fmod(x1, x2))
    # The quotient is a whole number, except for the rounding error of the division.
    times = raw.round(raw.stop_gradient(x1 - rest) / raw.stop_gradient(x2))
    return rest + _zero_with_gradient(x1) - times * _zero_with_gradient(x2)


def _zero_with_gradient(x: Any) -> Any:
    """0 with gradient 1; at an infinity the gradient is 0, since inf - inf is NaN."""
    x = where(raw.isinf(x), 0.0, x)
    return x - raw.stop_gradient(x)


@pinned
def floor_divide(x1: Any, x2: Any) -> Any:
    """floor(x1 / x2), with gradient 0.

    Shapes broadcast. Pinned because the function of torch has no gradient.

    >>> ops.floor_divide(ops.convert_to_tensor([5.0, -5.0]), 3.0)  # [1, -2]
    """
    return raw.floor_divide(_constant(x1), _constant(x2))


def _constant(x: Any) -> Any:
    if is_number(x):
        return x
    x = tensor(x)
    return raw.stop_gradient(x) if is_float(x) else x
