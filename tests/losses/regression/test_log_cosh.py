import numpy as np
import pytest

import portable_losses

LOSS = portable_losses.LogCosh()


# log cosh r = r^2 / 2 - r^4 / 12 near 0 and abs(r) - log 2 far out
TABLE = [
    (0.0, 0.0),
    (1e-6, 5e-13),
    (-1e-4, 5e-9),
    (1e-2, 5e-5 - 1e-8 / 12),
    (30.0, 30.0 - np.log(2.0)),
    (-1e4, 1e4 - np.log(2.0)),
    (1e30, 1e30),
]


@pytest.mark.parametrize(("r", "expected"), TABLE)
def test_it_is_exact_near_0_and_far_out(r, expected):
    np.testing.assert_allclose(float(LOSS([[0.0]], [[r]])), expected, rtol=2e-6)


def test_the_gradient_is_tanh(gradient, compiled):
    r = np.array([[0.0, 1e-5, -0.3, 2.0, 19.9, 20.0, -21.0, 1e4, 1e30]], "float32")
    _, slope = gradient(LOSS, np.zeros_like(r), r, compiled=compiled)
    np.testing.assert_allclose(slope * r.size, np.tanh(r), rtol=2e-6)


@pytest.mark.parametrize("r", [-1e30, -200.0, -81.0, -0.55, -1e-4, 0.54, 3.0, 79.0])
def test_value_and_gradient_of_every_size(r, gradient, compiled):
    t, p = np.zeros((1, 1), "float32"), np.array([[r]], "float32")
    loss = portable_losses.LogCosh(reduction="sum")
    value, slope = gradient(loss, t, p, compiled=compiled)
    r = abs(float(p[0, 0]))
    exact = r + np.log1p(np.exp(-2 * r)) - np.log(2) if r > 0.1 else r**2 / 2
    np.testing.assert_allclose(value, exact, rtol=1e-6)
    np.testing.assert_allclose(slope, np.tanh(p), rtol=1e-6)
