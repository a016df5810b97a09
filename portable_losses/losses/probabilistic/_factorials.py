"""The logarithm of a factorial minus the leading terms of Stirling's series."""

import functools
import math
from typing import Any

from portable_losses import ops

# The Chebyshev interpolant of `stirling_rest(1 / u) / u` on [0, 1], fitted with 40
# digits by `mpmath.chebyfit`, to 9e-11; the highest power first.
REST: tuple[float, ...] = (
    7.42484786321e-05,
    -0.000396724864933,
    0.000863197269371,
    -0.00085410487212,
    1.79958649498e-05,
    0.00080397533215,
    -2.95874201171e-06,
    -0.00277748517697,
    -9.80082472636e-09,
    0.0833333333833,
)


def stirling_rest(z: Any) -> Any:
    """ln z! - (z + 1/2) ln z + z - ln(2 pi) / 2, for z >= 1; about 1 / (12 z)."""
    u = 1.0 / z
    first, *rest = REST
    return u * functools.reduce(lambda total, c: total * u + c, rest, first)


def log_factorial_excess(z: Any) -> Any:
    """ln z! - z ln z + z for z >= 0: 0 at 0, and about ln(2 pi z) / 2 for large z.

    A log-likelihood of counts is a sum of these terms and of `deviance`. In float32 the
    value, and z times its derivative, have a relative error of at most 1e-6, or an
    absolute error of at most 1e-7.
    """
    large = z >= 1.0
    above = ops.where(large, z, 1.0)
    below = ops.where(large, 0.5, z)
    of_small = ops.log_gamma(1.0 + below) - ops.xlogy(below, below) + below
    of_large = 0.5 * ops.log(2.0 * math.pi * above) + stirling_rest(above)
    return ops.where(large, of_large, of_small)
