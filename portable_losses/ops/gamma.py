"""log_gamma, digamma and the difference of two log_gammas, to 2e-6 in float32.

The polynomials are Chebyshev interpolants on [0, 1], fitted with 40 digits by
`mpmath.chebyfit`; the series are Stirling's, where x is large enough for its terms.
"""

import functools
from typing import Any

from keras import ops as raw

from portable_losses.ops.exponentials import log1p
from portable_losses.ops.pinning import as_dtype, dtype_of, is_number, pinned_float
from portable_losses.ops.selects import where

# ln Gamma(1 + a) = a (a - 1) Q(a), to 4e-10; the highest power first.
Q: tuple[float, ...] = (
    0.000934933127787,
    -0.0061991514736,
    0.0192420688928,
    -0.0383168912852,
)
Q += (0.0576878109227, -0.0745748045656, 0.0916982772431, -0.115082610107)
Q += (0.155430309502, -0.24525127145, 0.577215664502)

# digamma(1 + a) = (a - ROOT) E(a), to 5e-9; ROOT in two parts, the first of which
# float32 holds exactly, so that the difference keeps all its digits near the root.
E: tuple[float, ...] = (
    0.0109025886726,
    -0.0708865636182,
    0.213450402715,
    -0.405148252017,
)
E += (0.565928531457, -0.654592267978, 0.691253177916, -0.713704841514)
E += (0.752416731694, -0.854692098435, 1.25038013231)
ROOT = 0.461632144968362341
ROOT_HIGH = round(ROOT * 2**25) / 2**25

# B_2k / (2k (2k - 1)) and -B_2k / 2k for k = 5..1 and 6..1.
GAMMA_SERIES = (1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12)
DIGAMMA_SERIES = (691 / 32760, -1 / 132, 1 / 240, -1 / 252, 1 / 120, -1 / 12)
HALF_LOG_2_PI = 0.918938533204672742


@pinned_float(1)
def log_gamma(x: Any) -> Any:
    """ln Gamma(x) for x > 0, with gradient digamma(x).

    Elementwise. In float32 the value and the gradient have a relative error of at most
    2e-6 for x from 1e-6 to 1e8, and an absolute error of at most 1e-6 where they pass
    through 0. In float64, where the backend keeps it, the error is at most 1e-7. x <= 0
    gives NaN. Not in `keras.ops`.

    >>> ops.log_gamma(ops.convert_to_tensor([0.5, 1.0, 4.0]))  # [0.5724, 0, 1.7918]
    """
    x, a, large, step, factor = _reduce(x)
    log = raw.log(factor)
    # Gamma(x + 1) = x Gamma(x) moves x to [1, 2]: one step up or down, or none.
    small = a * (a - 1.0) * _polynomial(Q, a) + step * log
    x = where(large, x, 3.0)
    # (x - 1/2) ln x - x == (x - 1/2) (ln x - 1) - 1/2, all terms positive above e.
    stirling = (x - 0.5) * (log - 1.0) + (HALF_LOG_2_PI - 0.5)
    stirling = stirling + _polynomial(GAMMA_SERIES, 1.0 / raw.square(x)) / x
    return where(large, stirling, small)


@pinned_float(1)
def digamma(x: Any) -> Any:
    """The derivative of ln Gamma(x), for x > 0.

    Elementwise; accuracy and domain are those of `log_gamma`. The gradient of digamma,
    trigamma, has a relative error of at most 1e-5. Not in `keras.ops`.

    >>> ops.digamma(ops.convert_to_tensor([1.0, 4.0]))  # [-0.5772, 1.2561]
    """
    x, a, large, step, factor = _reduce(x)
    from_root = (a - ROOT_HIGH) - (ROOT - ROOT_HIGH)
    small = from_root * _polynomial(E, a) + step / factor
    x = where(large, x, 3.0)
    inverse_square = 1.0 / raw.square(x)
    series = inverse_square * _polynomial(DIGAMMA_SERIES, inverse_square)
    return where(large, raw.log(x) - 0.5 / x + series, small)


@pinned_float(2)
def log_gamma_difference(x: Any, n: Any) -> Any:
    """ln Gamma(x + n) - ln Gamma(x) for x > 0 and n >= 0, without the cancellation.

    Shapes broadcast. The gradient in x is digamma(x + n) - digamma(x), in n it is
    digamma(x + n). In float32 the value and both gradients have a relative error of at
    most 2e-6 for x from 1e-6 to 1e8 and n up to 1e6, and an absolute error of at most
    1e-6 where they pass through 0. x <= 0 gives NaN. Not in `keras.ops`; the difference
    of two float32 log_gammas at x = 1e4, n = 0.5 would be 7e-4 off.

    >>> ops.log_gamma_difference(ops.convert_to_tensor(1e4), 0.5)  # 4.60516
    """
    dtype = dtype_of(n if is_number(x) else x)
    x, n = as_dtype(x, dtype), as_dtype(n, dtype)
    x = where(raw.greater(x, 0), x, float("nan"))
    total = x + n
    # Stirling's series is accurate if both arguments are at least 4. An x below 4 is
    # moved to x + 4. Usually x + n is moved by 4 as well (`together`), since otherwise
    # a small n would be lost by cancellation. But if x + n is at least 4 already and n
    # is not small, only x is moved (`alone`).
    small = raw.less(x, 4)
    alone = raw.logical_and(small, raw.greater_equal(raw.minimum(total, 4 * n), 4))
    together = raw.logical_and(small, raw.logical_not(alone))
    four = as_dtype(4.0, dtype)
    series = _stirling_difference(
        where(small, x + four, x),
        where(alone, n - four, n),
        where(together, total + four, total),
    )
    x = where(small, x, 1.0)
    steps = _ratio_steps(x, where(together, n, 0.0))
    return series - where(alone, -_steps(x), steps)


def _stirling_difference(x: Any, n: Any, total: Any) -> Any:
    """The difference of two Stirling series, term by term; total = x + n."""
    log = (x - 0.5) * log1p(n / x) + n * (raw.log(total) - 1.0)
    # v - u == -n u v, v^3 - u^3 == (v - u) cubes, v^5 - u^5 == (v - u) fifths.
    u, v = 1.0 / x, 1.0 / total
    both, squares = u * v, u * u + v * v
    cubes = squares + both
    fifths = cubes * squares - both * both
    return log - n * both * (1 / 12 - cubes / 360 + fifths / 1260)


def _steps(x: Any) -> Any:
    """ln Gamma(x + 4) - ln Gamma(x)."""
    return raw.log(x * (x + 1.0) * ((x + 2.0) * (x + 3.0)))


def _ratio_steps(x: Any, n: Any) -> Any:
    """Sum of ln(1 + n / (x + k)) for k < 4, by one logarithm."""
    product = n / x  # the product minus 1 throughout, accurate also if that is small
    for k in (1.0, 2.0, 3.0):
        ratio = n / (x + k)
        product = product + ratio + product * ratio
    return log1p(product)


def _reduce(x: Any) -> tuple[Any, Any, Any, Any, Any]:
    """x; a in [0, 1]; whether x >= 3; the step from 1 + a to x; and its factor.

    For x < 3, x = 1 + a + step. Where a result is not used it is a constant, so that it
    adds no NaN to the gradient.
    """
    x = where(raw.greater(x, 0), x, float("nan"))
    low, mid, large = raw.less(x, 1), raw.less(x, 2), raw.greater_equal(x, 3)
    step = raw.cast(where(low, -1.0, where(mid, 0.0, 1.0)), x.dtype)
    a = where(large, 0.5, x - 1.0 - step)
    factor = where(raw.logical_or(low, large), x, where(mid, 1.0, x - 1.0))
    return x, a, large, step, factor


def _polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    first, *rest = coefficients
    return functools.reduce(lambda total, c: total * x + c, rest, first)
