"""exp(x) - 1, with the digits of its gradient."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.selects import where


def expm1(x: Any) -> Any:
    """exp(x) - 1, exact near 0, with gradient exp(x).

    Some backends compute the gradient as expm1(x) + 1. Far below 0 that is what the
    rounding of -1 leaves: at x = -20 it is 0 in float32, and not 2e-9.
    """
    low = x < -1.0
    # `exp` never gets a large x: its infinite gradient would make that of `where` NaN.
    return where(low, raw.exp(where(low, x, -1.0)) - 1.0, raw.expm1(x))
