"""Division, where x / 0 is 0."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.pinning import BACKEND, is_number, pinned_float


@pinned_float(2)
def divide(x1: Any, x2: Any) -> Any:
    """x1 / x2, and 0 where x2 is 0, with gradient 0 to both.

    Shapes broadcast; integers give a float, as in `keras.ops`. The rule holds whatever
    x1 is: 0 / 0 and inf / 0 are 0 as well. Pinned because an empty mask or a zero
    weight sum divides by 0, and a `where` behind it leaves a NaN gradient.

    >>> ops.divide(ops.convert_to_tensor([1.0, 1.0]), [2.0, 0.0])  # [0.5, 0]
    """
    if is_number(x2):
        return x1 / x2 if x2 else raw.zeros_like(x1)
    if BACKEND == "tensorflow":
        return raw.divide_no_nan(x1, x2)
    zero = raw.equal(x2, 0)
    return raw.where(zero, 0.0, x1 / raw.where(zero, 1.0, x2))


@pinned_float(2)
def true_divide(x1: Any, x2: Any) -> Any:
    """x1 / x2, and 0 where x2 is 0: `divide` under its long name."""
    return divide(x1, x2)


@pinned_float(1)
def reciprocal(x: Any) -> Any:
    """1 / x, and 0 with gradient 0 at 0; see `divide`.

    >>> ops.reciprocal(ops.convert_to_tensor([0.0, 4.0]))  # [0, 0.25]
    """
    return divide(1.0, x)
