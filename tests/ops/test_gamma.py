"""log_gamma, digamma and log_gamma_difference on fine grids, against mpmath."""

import mpmath
import numpy as np
from scipy import special

from portable_losses import ops

RANDOM = np.random.default_rng(3)
GRID = np.concatenate(
    [10 ** np.linspace(-6, 8, 4000), np.linspace(0.9, 3.2, 4000)]
).astype("float32")

# The corners: tiny and huge, both sides of every branch, and where the value is 0.
CORNERS = [1e-6, 1e-3, 0.5, 1, 1.4616321, 2, 2.9999998, 3, 3.9999998, 4, 8, 1e4, 1e8]
COUNTS = [0, 1e-6, 1e-3, 0.5, 0.99999994, 1, 1.5, 3, 4, 4.7687535, 100, 1e6]
X, N = np.meshgrid(CORNERS, COUNTS)
X = np.concatenate([X.ravel(), 10 ** RANDOM.uniform(-6, 8, 500)]).astype("float32")
N = np.concatenate([N.ravel(), 10 ** RANDOM.uniform(-6, 6, 500)]).astype("float32")


def close(got, want):
    np.testing.assert_allclose(got, want, rtol=2e-6, atol=1e-6)


def relative(got, want):
    np.testing.assert_allclose(got, want, rtol=2e-6)


def test_log_gamma_and_digamma(differentiate, mode, backend):
    rows = differentiate([ops.log_gamma, ops.digamma], [[GRID], [GRID]], mode=mode)
    exact = GRID.astype(float)
    (log_gamma, (slope,)), (digamma, (trigamma,)) = rows
    close(log_gamma, special.gammaln(exact))
    close(digamma, special.digamma(exact))
    if backend != "numpy":
        close(slope, special.digamma(exact))
        np.testing.assert_allclose(trigamma, special.polygamma(1, exact), rtol=1e-5)


def test_log_gamma_is_right_relative_to_its_size_on_both_sides_of_its_zeros(
    differentiate,
):
    x = np.float32([1, 1, 2, 2]) + np.float32([-1e-3, 1e-3, -1e-3, 1e-3])
    ((value, _),) = differentiate([ops.log_gamma], [[x]])
    relative(value, [float(mpmath.loggamma(float(v))) for v in x])


def test_log_gamma_difference(differentiate, mode, backend):
    rows = differentiate([ops.log_gamma_difference], [[X, N]], mode=mode)
    ((value, (in_x, in_n)),) = rows
    with mpmath.workdps(30):
        points = [
            (mpmath.mpf(float(x)), mpmath.mpf(float(n)))
            for x, n in zip(X, N, strict=True)
        ]
        exact = [mpmath.loggamma(x + n) - mpmath.loggamma(x) for x, n in points]
        slope_n = [mpmath.digamma(x + n) for x, n in points]
        slope_x = [mpmath.digamma(x + n) - mpmath.digamma(x) for x, n in points]
    close(value, np.array(exact, float))
    if backend != "numpy":
        relative(in_x, np.array(slope_x, float))
        close(in_n, np.array(slope_n, float))


def test_a_small_count_keeps_its_digits(differentiate):
    # n digamma(x), which is 1e-6 of each of the two log_gammas.
    x, n = np.float32([5, 100, 1e4, 1e8]), np.float32([1e-6] * 4)
    ((value, _),) = differentiate([ops.log_gamma_difference], [[x, n]])
    relative(value, n.astype(float) * special.digamma(x.astype(float)))
