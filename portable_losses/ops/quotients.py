"""Division in which x / 0 is 0."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.known import faster_form, raw_is_right
from portable_losses.ops.pinning import is_number, pinned_float
from portable_losses.ops.selects import where

NO_NAN = faster_form(
    "divide, true_divide, reciprocal",
    "divide_no_nan is one kernel, whose gradient at a zero denominator is 0",
    tensorflow="2.21.0",
)
RAW_DIVIDE_NO_NAN = raw_is_right(
    "divide_no_nan",
    "value and both gradients 0 at a zero denominator",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)


@pinned_float(2)
def divide(x1: Any, x2: Any) -> Any:
    """x1 / x2, and 0 where x2 is 0, with gradient 0 to both.

    Shapes broadcast; integers give a float, as in `keras.ops`. The rule holds whatever
    x1 is: 0 / 0 and inf / 0 are 0 as well. Pinned because a mean over an empty mask, or
    with weights that sum to 0, divides by 0, and a `where` after the division leaves a
    NaN gradient.

    >>> ops.divide(ops.convert_to_tensor([1.0, 1.0]), [2.0, 0.0])  # [0.5, 0]
    """
    if is_number(x2):
        return x1 / x2 if x2 else raw.zeros_like(x1)
    return raw.divide_no_nan(x1, x2) if NO_NAN else _guarded(x1, x2)


def _guarded(x1: Any, x2: Any) -> Any:
    zero = raw.equal(x2, 0)
    return where(zero, 0.0, x1 / where(zero, 1.0, x2))


no_nan = raw.divide_no_nan if RAW_DIVIDE_NO_NAN else _guarded
"""`divide` for two tensors of one floating dtype, without the checks of its inputs."""


@pinned_float(2)
def true_divide(x1: Any, x2: Any) -> Any:
    """x1 / x2, and 0 where x2 is 0: `divide` under its long name."""
    return divide(x1, x2)


@pinned_float(2)
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """x1 / x2, and 0 where x2 is 0: `divide` under the name that says so.

    Pinned because the gradient at a zero denominator is NaN on MLX.
    """
    return divide(x1, x2) if is_number(x2) else no_nan(x1, x2)


@pinned_float(1)
def reciprocal(x: Any) -> Any:
    """1 / x, and 0 with gradient 0 at 0; see `divide`.

    >>> ops.reciprocal(ops.convert_to_tensor([0.0, 4.0]))  # [0, 0.25]
    """
    return divide(1.0, x)
