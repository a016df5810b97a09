import numpy as np
import pytest

import portable_losses

LOSS = portable_losses.Poisson()


def test_a_rate_of_0_is_finite(gradient, compiled):
    t, p = np.array([[1, 0]]), np.zeros((1, 2), "float32")
    value, slope = gradient(LOSS, t, p, compiled=compiled)
    np.testing.assert_allclose(value, -np.log(1e-7) / 2, rtol=1e-6)
    np.testing.assert_allclose(slope, [[(1 - 1e7) / 2, 0.5]], rtol=1e-5)


def test_a_negative_rate_is_rejected_at_the_first_call_and_later_not_a_number():
    loss = portable_losses.Poisson()
    with pytest.raises(ValueError, match=r"must be rates >= 0; got y_pred that holds"):
        loss([[1.0]], [[-1.0]])
    loss([[1.0]], [[1.0]])
    assert np.isnan(float(loss([[1.0]], [[-1.0]])))
