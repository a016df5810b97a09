"""The focusing weights of focal losses: powers of a distance, times a cost."""

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

    Rounding can make a distance such as 1 - p negative, and a power of that has no real
    value. For exponents below 1 the power has an infinite gradient at 0: it gets none
    there, and neither does a distance whose gradient would overflow.
    """
    if is_number(exponent) and exponent % 2 == 0:
        return power(distance, exponent)  # which has neither difficulty
    distance = abs(distance)
    return power(where(distance < NEGLIGIBLE, 0.0, distance), exponent)


def focused(weight: Any, cost: Any) -> Any:
    """`weight * cost`; an infinite cost stays inf, and its weight gets no gradient."""
    return where(cost < INF, weight, 1.0) * cost


def normal_or_zero(x: Any) -> Any:
    """x >= 0, and 0 without a gradient in place of subnormal and negative numbers.

    TensorFlow and JAX replace subnormal numbers by 0, but torch does not: there a power
    below 1 of such a number has a gradient of up to 1e40, which is 0 elsewhere.
    """
    return where(x < TINY[dtype_of(x)], raw.zeros_like(x), x)
