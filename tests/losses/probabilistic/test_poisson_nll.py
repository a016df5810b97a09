import numpy as np
import pytest
from scipy import stats

import portable_losses as pl


def test_full_is_the_log_mass_of_scipy_up_to_a_million(gradient):
    y = np.array([5, 30, 300, 1e4, 1e6, 1e6, 1e6])[:, None]
    m = np.float32([7, 31, 250, 9.9e3, 1e6, 1.003e6, 1.5e6])[:, None]
    wanted = -stats.poisson.logpmf(y, m.astype(float))[:, 0] - 1 / (12 * y[:, 0])
    loss = pl.PoissonNLL(log_rate=False, full=True, reduction=None)
    value, slope = gradient(loss, y, m)
    np.testing.assert_allclose(value, wanted, rtol=1e-4)  # of the series, at y = 5
    np.testing.assert_allclose(value[2:], wanted[2:], rtol=1e-6)
    np.testing.assert_allclose(slope, 1 - y / m, rtol=1e-5, atol=1e-7)
    log_m = np.log(m)
    wanted = -stats.poisson.logpmf(y, np.exp(log_m.astype(float)))[:, 0]
    loss = pl.PoissonNLL(full=True, reduction=None)
    value, _ = gradient(loss, y, log_m)
    np.testing.assert_allclose(value, wanted - 1 / (12 * y[:, 0]), rtol=1e-4)


def test_counts_up_to_1_get_nothing_added():
    y, x = [[0.0, 1.0]], [[0.5, -0.5]]
    assert float(pl.PoissonNLL(full=True)(y, x)) == float(pl.PoissonNLL()(y, x))


def test_a_rate_has_the_cost_of_its_logarithm():
    y, m = np.array([[0.0, 3.0, 7.0]]), np.array([[0.5, 2.0, 9.0]])
    got = float(pl.PoissonNLL(log_rate=False, full=True)(y, m))
    np.testing.assert_allclose(got, pl.PoissonNLL(full=True)(y, np.log(m)), rtol=1e-6)


def test_epsilon_is_added_to_the_rate_in_the_logarithm_only():
    loss = pl.PoissonNLL(log_rate=False, epsilon=0.5)
    assert float(loss([[2.0]], [[0.5]])) == pytest.approx(0.5)
    assert float(pl.PoissonNLL(log_rate=False, epsilon=0)([[0.0]], [[0.0]])) == 0


def test_a_negative_rate_is_rejected_and_a_negative_logarithm_is_not():
    message = (
        r"PoissonNLL: `y_pred` must be rates >= 0; got y_pred that holds -1 \(pass "
        "log_rate=True if these are logarithms, or end the model with a softplus or an"
    )
    with pytest.raises(ValueError, match=message):
        pl.PoissonNLL(log_rate=False)([[1.0]], [[-1.0]])
    assert float(pl.PoissonNLL()([[1.0]], [[-1.0]])) == pytest.approx(1 + np.exp(-1))
