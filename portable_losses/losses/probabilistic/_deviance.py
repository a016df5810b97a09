"""x log(x / m) - (x - m), without cancellation where x is close to m."""

from typing import Any

from portable_losses import ops

NEAR = 0.2
"""The series is used up to this abs(x - m) / (x + m), where its next term is 1e-9."""

LEAST = 1e-15
"""The series is not used for a smaller x + m, whose square may underflow."""


def deviance(x: Any, m: Any, difference: Any, log_ratio: Any) -> Any:
    """x log(x / m) - (x - m) for x >= 0 and m >= 0: it is >= 0, and 0 at x = m.

    In float32 its relative error is about 1e-6, if that of `difference` is.

    Args:
        x: a count, or a probability.
        m: its expected value.
        difference: x - m.
        log_ratio: log(x / m), for x and m that are not close; finite at x = 0.
    """
    total = x + m
    near = ops.abs(difference) < NEAR * total
    near = ops.logical_and(near, total > LEAST)
    # Loader 2000: with v = (x - m) / (x + m), log(x / m) == 2 artanh(v), whose series
    # begins with 2 v == ((x - m) + (x - m) v) / x
    gap = ops.where(near, difference, 0.0)
    v = gap / ops.where(near, total, 1.0)
    s = ops.square(v)
    rest = 1 / 3 + s * (1 / 5 + s * (1 / 7 + s * (1 / 9 + s / 11)))
    close = gap * v + 2.0 * ops.where(near, x, 0.0) * v * s * rest
    return ops.where(near, close, x * log_ratio - difference)
