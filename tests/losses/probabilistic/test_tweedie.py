import numpy as np
import pytest
from scipy import special, stats

import portable_losses as pl


def log_density(y, m, power, dispersion=1.0):
    """Of a Poisson number of gamma amounts."""
    rate = m ** (2 - power) / (2 - power) / dispersion
    if y == 0:
        return -rate
    shape = (2 - power) / (power - 1)
    scale = dispersion * (power - 1) * m ** (power - 1)
    n = np.arange(1, 400)
    terms = stats.poisson.logpmf(n, rate) + stats.gamma.logpdf(y, n * shape, 0, scale)
    return special.logsumexp(terms)


@pytest.mark.parametrize("power", [1.05, 1.2, 1.5, 1.9, 1.99])
def test_differences_are_those_of_log_densities(power):
    y = np.array([0.0, 0.3, 1.0, 7.0])[:, None]
    m = np.array([0.5, 2.0, 5.0, 1.0])[:, None]
    loss = pl.Tweedie(power=power, reduction=None)
    got = np.asarray(loss(y, np.log(m))) - np.asarray(loss(y, 0 * m))
    pairs = zip(y[:, 0], m[:, 0], strict=True)
    wanted = [log_density(a, 1.0, power) - log_density(a, b, power) for a, b in pairs]
    np.testing.assert_allclose(got, wanted, rtol=2e-4, atol=1e-5)


def test_near_1_it_is_poisson_and_near_2_gamma(gradient):
    y, x = np.array([[0.0, 2.0, 5.0]]), np.array([[0.1, 0.9, -0.5]])
    _, slope = gradient(pl.Tweedie(power=1 + 1e-4), y, x)
    np.testing.assert_allclose(slope, gradient(pl.PoissonNLL(), y, x)[1], rtol=1e-3)
    _, slope = gradient(pl.Tweedie(power=2 - 1e-4), y, x)
    np.testing.assert_allclose(slope, gradient(pl.GammaNLL(), y, x)[1], rtol=1e-3)


def test_a_mean_has_the_cost_of_its_logarithm():
    y, m = np.array([[0.0, 2.0, 5.0]]), np.array([[0.1, 0.9, 4.0]])
    got = float(pl.Tweedie(log_mean=False)(y, m))
    np.testing.assert_allclose(got, pl.Tweedie()(y, np.log(m)), rtol=1e-6)


def test_no_amount_against_a_mean_of_0_is_0(gradient):
    loss = pl.Tweedie(log_mean=False)
    value, slope = gradient(loss, np.zeros((1, 2)), np.zeros((1, 2)))
    assert value < 1e-15 and not slope.any()
    value, slope = gradient(pl.Tweedie(), np.zeros((1, 2)), np.full((1, 2), -1e4))
    assert value == 0 and not slope.any()


@pytest.mark.parametrize("power", [1, 2, 2.5])
def test_powers_outside_1_to_2_are_rejected(power):
    message = "Tweedie: `power` must be a finite number > 1 and < 2; got power="
    with pytest.raises(ValueError, match=message):
        pl.Tweedie(power=power)


def test_a_negative_mean_is_rejected():
    with pytest.raises(ValueError, match="Tweedie: `y_pred` must be rates >= 0; got"):
        pl.Tweedie(log_mean=False)([[1.0]], [[-1.0]])
