import numpy as np

import portable_losses

LOSS = portable_losses.Poisson()


def test_a_rate_of_0_is_finite(gradient, compiled):
    t, p = np.array([[1, 0]]), np.zeros((1, 2), "float32")
    value, slope = gradient(LOSS, t, p, compiled=compiled)
    np.testing.assert_allclose(value, -np.log(1e-7) / 2, rtol=1e-6)
    np.testing.assert_allclose(slope, [[(1 - 1e7) / 2, 0.5]], rtol=1e-5)


def test_a_negative_rate_is_not_a_number():
    assert np.isnan(float(LOSS([[1.0]], [[-1.0]])))
