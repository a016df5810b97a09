"""power: value and gradient are finite at base 0, and right at negative bases."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.known import raw_is_right
from portable_losses.ops.pinning import (
    as_dtype,
    dtype_of,
    is_number,
    pinned,
    pinned_float,
    result_type,
    tensor,
)
from portable_losses.ops.quotients import reciprocal
from portable_losses.ops.roots import sqrt
from portable_losses.ops.selects import where

RAW_POWER = raw_is_right(
    "power, float_power",
    "right for a number above 1 as exponent, also at base 0 and negative bases",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)


@pinned
def power(x1: Any, x2: Any) -> Any:
    """x1^x2; at base 0 it is 0, except that 0^0 is 1.

    Shapes broadcast; two integers give an integer, as in `keras.ops`. At base 0 the
    value is 0 for a negative exponent too, and the gradient in x1 is 1 for exponent 1
    and 0 for every other exponent. With a negative base the value and the gradient are
    right for an integer exponent, and NaN for other exponents. The gradient in a tensor
    exponent is x1^x2 ln(x1), and 0 where x1 <= 0. Pinned because at these points the
    backends give 0, inf or NaN. It is fastest if the exponent is a Python number.

    >>> x = ops.convert_to_tensor([0.0, 4.0])
    >>> ops.power(x, 0.5)  # [0, 2], gradient [0, 0.25]
    """
    x1 = x1 if is_number(x1) else tensor(x1)
    x2 = x2 if is_number(x2) else tensor(x2)
    if "float" not in result_type(x1, x2):
        return raw.power(x1, x2)
    return _number(x1, p=x2) if is_number(x2) else _tensor(x1, x2)


@pinned
def float_power(x1: Any, x2: Any) -> Any:
    """`power` in floating point, of integers too.

    In `keras.ops` since Keras 3.16.

    >>> ops.float_power(ops.convert_to_tensor([0, 2]), -1)  # [0, 0.5]
    """
    x1 = x1 if is_number(x1) else tensor(x1)
    x2 = float(x2) if is_number(x2) else tensor(x2)
    if is_number(x2) and is_number(x1):
        return power(raw.convert_to_tensor(float(x1)), x2)
    if is_number(x1):
        return power(float(x1), raw.cast(x2, result_type(x2, float)))
    return power(raw.cast(x1, result_type(x1, x2, float)), x2)


@pinned_float(1)
def _number(x: Any, p: float) -> Any:
    if p == 0:
        return raw.ones_like(x)
    if p == 0.5:
        return sqrt(x)
    if p < 0:
        return reciprocal(_number(x, p=-p))
    if p < 1:
        zero = raw.equal(x, 0)
        return where(zero, 0.0, raw.power(where(zero, 1.0, x), float(p)))
    if p == 1:
        return x
    if p == 2:
        return raw.square(x)
    if RAW_POWER:
        return raw.power(x, float(p))
    return _tensor(x, as_dtype(float(p), dtype_of(x)))


@pinned_float(2)
def _tensor(x: Any, y: Any) -> Any:
    # `raw.power` gets |x| as a base that is never 0 or negative; the sign is multiplied
    # afterwards, as a constant. Where the gradient in the exponent is defined as 0, the
    # exponent is a constant.
    positive, zero = raw.greater(x, 0), raw.equal(x, 0)
    size = where(zero, 1.0, where(positive, x, -x))
    result = raw.power(size, where(positive, y, raw.stop_gradient(y)))
    result = result * where(raw.less(x, 0), _sign(y), 1.0)
    at_zero = where(raw.equal(y, 1), x, where(raw.equal(y, 0), 1.0, 0.0))
    return where(zero, at_zero, result)


def _sign(y: Any) -> Any:
    """The sign of (-1)^y, NaN where y is not an integer."""
    y = raw.stop_gradient(y)
    odd = where(raw.equal(raw.mod(y, 2.0), 1), -1.0, 1.0)
    return where(raw.equal(raw.floor(y), y), odd, float("nan"))
