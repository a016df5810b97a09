"""The Tversky loss of each class, from its sums over space."""

from typing import Any

from portable_losses import ops
from portable_losses.losses.segmentation._sums import Sums


def tversky(sums: Sums, alpha: Any, beta: Any, smooth: Any, epsilon: Any) -> Any:
    """1 - (TP + smooth) / max(TP + alpha FP + beta FN + smooth, epsilon)."""
    false_positives = sums.pred - sums.overlap
    false_negatives = sums.true - sums.overlap
    size = sums.overlap + alpha * false_positives + beta * false_negatives + smooth
    return 1.0 - ops.divide(sums.overlap + smooth, ops.maximum(size, epsilon))


def to_the_power(loss: Any, exponent: Any) -> Any:
    """`loss^exponent`, with value and gradient 0 for a loss of 0 or below.

    Rounding, or a prediction above 1, can make a loss negative. Most powers of a
    negative number are NaN.
    """
    return ops.power(ops.where(loss < 0, 0.0, loss), exponent)
