import numpy as np

import portable_losses

LOSS = portable_losses.MeanSquaredLogarithmicError()


def test_it_is_exact_near_0():
    expected = (np.log1p(3e-6) - np.log1p(1e-6)) ** 2
    np.testing.assert_allclose(float(LOSS([[1e-6]], [[3e-6]])), expected, rtol=1e-6)


def test_predictions_below_epsilon_count_as_epsilon_without_gradient(
    gradient, compiled
):
    t = np.array([[1.0, 1.0]], "float32")
    p = np.array([[-5.0, 1.0]], "float32")
    value, slope = gradient(LOSS, t, p, compiled=compiled)
    np.testing.assert_allclose(value, np.log(2.0) ** 2 / 2, rtol=2e-6)
    np.testing.assert_array_equal(slope, [[0.0, 0.0]])
