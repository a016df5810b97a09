import numpy as np
import pytest
from scipy import special, stats

import portable_losses as pl

LOSS = pl.NegativeBinomialNLL(reduction=None)
COUNTS = [0, 1, 2, 30, 300, 1e4, 1e6]
MEANS = np.log([1e-6, 0.1, 1, 4, 31, 310, 1.1e4, 1e6, 1.003e6])
TOTALS = np.log([1e-6, 0.01, 0.5, 1, 7, 100, 1e4, 1e6, 1e9])
GRID = [x.ravel() for x in np.meshgrid(COUNTS, MEANS, TOTALS)]
Y, P = GRID[0][:, None], np.stack(GRID[1:], axis=-1).astype("float32")


def test_it_is_the_log_mass_of_scipy_up_to_a_million(gradient):
    value, slope = gradient(LOSS, Y, P)
    y, (a, b) = Y[:, 0], P.astype(float).T
    m, n = np.exp(a), np.exp(b)
    cost = np.log(n + y) + special.betaln(n, y + 1)
    cost = cost + n * np.logaddexp(0, a - b) + y * np.logaddexp(0, b - a)
    np.testing.assert_allclose(value, cost, rtol=1e-5, atol=1e-8)
    in_a = (m - y) * n / (n + m)
    # exp(a) of float32 is 1e-7 of m off, beside a standard deviation of sqrt(m) or more
    room = 1e-4 * np.abs(in_a) + 1e-5 * np.sqrt(np.maximum(m, y)) + 1e-7
    assert (np.abs(slope[:, 0] - in_a) < room).all()
    in_b = special.digamma(n) - special.digamma(n + y) + np.log1p(m / n)
    in_b = n * in_b + n * (y - m) / (n + m)
    exact = n < 1e4  # beyond it the digammas of float64 cancel
    room = 1e-5 * (np.abs(in_b) + np.abs(in_a) + 1)
    assert (np.abs(slope[:, 1] - in_b) < room)[exact].all()


def test_scipy_agrees_with_the_formula():
    m, n, y = 31.0, 7.0, 30.0
    got = LOSS([[y]], [[np.log(m), np.log(n)]])
    np.testing.assert_allclose(
        got, [-stats.nbinom.logpmf(y, n, n / (n + m))], rtol=1e-6
    )


def test_many_trials_are_poissons_limit(gradient):
    y, a = np.array([[0.0], [3.0], [900.0]]), np.log([[0.5], [4.0], [950.0]])
    value, slope = gradient(LOSS, y, np.concatenate([a, 0 * a + 60], axis=-1))
    wanted = -stats.poisson.logpmf(y, np.exp(np.float32(a).astype(float)))[:, 0]
    np.testing.assert_allclose(value, wanted, rtol=2e-6)
    np.testing.assert_allclose(slope[:, :1], np.exp(a) - y, rtol=1e-5)
    assert not slope[:, 1].any()


def test_extremes_are_finite(gradient):
    y = [[0.0], [5], [5], [0], [5], [5], [5], [5]]
    p = [[-1e4, 0], [-1e4, 0], [1e4, 0], [1e4, 0], [0, -1e4], [0, 1e4], [1e4, -1e4]]
    p = np.float32([*p, [-1e4, -1e4]])
    value, slope = gradient(LOSS, np.array(y), p)
    assert np.isfinite(value).all() and np.isfinite(slope).all()
    assert np.abs(slope[1:]).max(axis=1).min() > 0.9


def test_a_negative_count_is_nan_and_masked_does_no_harm(gradient):
    y, p = np.array([[-1.0], [2.0]]), np.zeros((2, 2))
    value, _ = gradient(LOSS, y, p)
    assert np.isnan(value).tolist() == [True, False]
    mask = np.array([False, True])
    value, slope = gradient(LOSS, y, p, mask=mask)
    assert np.isfinite(value).all() and np.isfinite(slope).all()


def test_groups_that_do_not_fit_are_rejected():
    with pytest.raises(ValueError, match="log_mean, log_total_count side by side"):
        LOSS(np.zeros((4, 2)), np.zeros((4, 2)))
