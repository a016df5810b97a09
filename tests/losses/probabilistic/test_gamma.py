import numpy as np
from scipy import stats

import portable_losses as pl


def test_differences_are_those_of_log_densities_over_the_shape():
    y, m = np.array([[0.2], [1.0], [9.0]]), np.array([[0.5], [3.0], [2.0]])
    loss, k = pl.GammaNLL(reduction=None), 3.5
    got = np.asarray(loss(y, np.log(m))) - np.asarray(loss(y, 0 * m))
    wanted = stats.gamma.logpdf(y, k, 0, 1 / k) - stats.gamma.logpdf(y, k, 0, m / k)
    np.testing.assert_allclose(got, wanted[:, 0] / k, rtol=1e-5, atol=1e-6)


def test_an_amount_of_0_is_finite_at_any_mean(gradient):
    x = np.array([[-1e4], [0.0], [1e4]])
    loss = pl.GammaNLL(reduction=None)
    value, slope = gradient(loss, np.zeros((3, 1)), x)
    np.testing.assert_allclose(value, x[:, 0])
    np.testing.assert_allclose(slope, 1)
