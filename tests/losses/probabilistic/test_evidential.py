import mpmath
import numpy as np
import pytest
from scipy import stats

import portable_losses as pl

RAW = [
    [1.0, -1e4, 0, 0],
    [1.0, 1e4, 0, 0],
    [1.0, 0, -1e4, 0],
    [1.0, 0, 1e4, 0],
    [1.0, 0, 0, -1e4],
    [1.0, 0, 0, 1e4],
    [0.0, -1e4, -1e4, -1e4],
    [1e4, -1e4, 1e4, -1e4],
    [1e4, 1e4, 1e4, 1e4],
    [0.0, 1e4, 1e4, -1e4],
    [-3.0, -14.0, -16.0, -15.0],
]


def exact(gamma, nu, alpha, beta):
    """Amini 2020, equation 8, with 60 digits, for the target 0."""

    def softplus(x):
        return mpmath.log1p(mpmath.exp(x)) if x > -100 else mpmath.exp(x)

    with mpmath.workdps(60):
        n, a, b = (softplus(mpmath.mpf(x)) for x in (nu, alpha, beta))
        a, w = 1 + a, 2 * b * (1 + n)
        cost = mpmath.log(mpmath.pi / n) / 2 - a * mpmath.log(w)
        cost += (a + 0.5) * mpmath.log(n * mpmath.mpf(gamma) ** 2 + w)
        return float(cost + mpmath.loggamma(a) - mpmath.loggamma(a + 0.5))


def test_raw_values_of_1e4_keep_their_digits(gradient):
    loss = pl.EvidentialRegression(coefficient=0, reduction=None)
    p = np.float32(RAW)
    value, slope = gradient(loss, np.zeros((len(p), 1)), p)
    np.testing.assert_allclose(value, [exact(*row) for row in RAW], rtol=2e-6)
    assert np.isfinite(slope).all()
    assert np.abs(slope).max(axis=1).min() > 1e-2


def test_it_is_the_density_of_a_student_t_distribution():
    gamma, n, a, b = 0.3, 0.7, 1.8, 0.4
    raw = [gamma, *np.log(np.expm1([n, a - 1, b]))]
    got = float(pl.EvidentialRegression(coefficient=0)([[1.1]], [raw]))
    scale = np.sqrt(b * (1 + n) / (n * a))
    assert got == pytest.approx(-stats.t.logpdf(1.1, 2 * a, gamma, scale), rel=1e-6)


def test_the_coefficient_weighs_the_penalty():
    row = [[0.5, 0.0, 0.0, 0.0]]
    values = [float(pl.EvidentialRegression(coefficient=c)([[0]], row)) for c in (0, 3)]
    penalty = 0.5 * (2 * np.log(2) + 1 + np.log(2))
    assert values[1] - values[0] == pytest.approx(3 * penalty, rel=1e-5)


def test_a_negative_coefficient_is_rejected():
    message = "EvidentialRegression: `coefficient` must be a finite number >= 0; got"
    with pytest.raises(ValueError, match=message):
        pl.EvidentialRegression(coefficient=-1)
