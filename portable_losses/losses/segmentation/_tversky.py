"""The Tversky loss of each class, from its sums over space."""

from typing import Any

from portable_losses import ops
from portable_losses.losses.segmentation._sums import Sums


def tversky(sums: Sums, alpha: Any, beta: Any, smooth: Any, epsilon: Any) -> Any:
    """1 - (TP + smooth) / max(TP + alpha FP + beta FN + smooth, epsilon)."""
    invented, missed = sums.pred - sums.overlap, sums.true - sums.overlap
    size = sums.overlap + alpha * invented + beta * missed + smooth
    return 1.0 - ops.divide(sums.overlap + smooth, ops.maximum(size, epsilon))


def to_the_power(loss: Any, exponent: Any) -> Any:
    """`loss^exponent`, with value and gradient 0 for a loss of 0 or below.

    Rounding, or a prediction above 1, can make a loss less than 0. There a power has no
    real value.
    """
    return ops.power(ops.where(loss < 0, 0.0, loss), exponent)
