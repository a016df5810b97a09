"""x log(x / m) - (x - m), which must not cancel where x is close to m."""

from typing import Any

from portable_losses import ops

NEAR = 0.2
"""The largest abs(x - m) / (x + m) for the series, whose next term is 1e-9 there."""

LEAST = 1e-15
"""The square of a smaller sum, by which a gradient is divided, may be too small."""


def deviance(x: Any, m: Any, difference: Any, log_ratio: Any) -> Any:
    """x log(x / m) - (x - m) for x >= 0 and m >= 0: it is >= 0, and 0 at x = m.

    In float32 it is right to about 1e-6 of its size, if the differences are.

    Args:
        x: a count, or a probability.
        m: what is expected.
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
