"""The focusing weights of focal losses: powers of |p - t|, times a cost."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.log_sums import INF
from portable_losses.ops.pinning import TINY, dtype_of, is_number
from portable_losses.ops.powers import power
from portable_losses.ops.selects import where
from portable_losses.ops.signs import abs

NEGLIGIBLE = 1e-30
"""A distance of p from its target whose cost is below the precision of any sum."""


def focus(distance: Any, exponent: Any) -> Any:
    """|distance|^exponent, the focusing weight of a focal loss.

    Rounding can make a distance such as 1 - p negative, and most powers of a negative
    number are NaN. For exponents below 1 the power has an infinite gradient at 0, so
    distances below `NEGLIGIBLE` have gradient 0.
    """
    if is_number(exponent) and exponent % 2 == 0:
        return power(distance, exponent)  # even powers have neither problem
    distance = abs(distance)
    return power(where(distance < NEGLIGIBLE, 0.0, distance), exponent)


def focused(weight: Any, cost: Any) -> Any:
    """`weight * cost`; an infinite cost stays inf, and its weight has gradient 0."""
    return where(cost < INF, weight, 1.0) * cost


def normal_or_zero(x: Any) -> Any:
    """x, with subnormal and negative numbers replaced by 0 with gradient 0.

    TensorFlow and JAX replace subnormal numbers by 0, but torch does not. On torch a
    power below 1 of such a number has a gradient of up to 1e40; on the others it is 0.
    """
    return where(x < TINY[dtype_of(x)], raw.zeros_like(x), x)
