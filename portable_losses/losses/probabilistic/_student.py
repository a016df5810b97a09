"""Terms of the density of Student's t distribution, stable for all scales."""

import functools
from typing import Any

from portable_losses import ops
from portable_losses.losses.probabilistic._shared import divided_by_exp

FAR = 30.0
"""If the logarithm of a square is larger, adding 1 to the square has no effect in
float32."""

# The Chebyshev interpolant of `log_gamma_half_step(1 / u) / u` on [0, 1], fitted with
# 40 digits by `mpmath.chebyfit`, to 2e-10; the highest power first.
HALF_STEP: tuple[float, ...] = (
    -0.000148514186787,
    0.000793001293887,
    -0.00172334670986,
    0.00170132515815,
    -3.50200135579e-05,
    -0.00158340405261,
    5.95596435746e-06,
    0.00520774516815,
    1.96907246868e-08,
    -0.1250000001,
)


def log_gamma_half_step(x: Any) -> Any:
    """ln Gamma(x + 1/2) - ln Gamma(x) - ln(x) / 2 for x >= 1, without cancellation.

    It tends to 0 as -1 / (8 x). In float32, its value and its derivatives have a
    relative error of at most 1e-6 for x from 1 to 1e20.
    """
    u = 1.0 / x
    first, *rest = HALF_STEP
    return u * functools.reduce(lambda total, c: total * u + c, rest, first)


def log1p_of_square(r: Any, log_scale: Any, df: Any = 1.0) -> Any:
    """log(1 + (r exp(-log_scale))^2 / df), finite also where the square overflows."""
    log_square = 2.0 * (ops.log(ops.abs(r)) - log_scale)
    if not isinstance(df, float):
        log_square = log_square - ops.log(df)
    far = ops.logical_and(log_square > FAR, r != 0)
    z = divided_by_exp(ops.where(far, 0.0, r), ops.where(far, 0.0, log_scale))
    return ops.where(far, log_square, ops.log1p(ops.square(z) / df))
