import numpy as np
import pytest

import portable_losses

RNG = np.random.default_rng(0)
PAIR = RNG.normal(size=(2, 5, 3)).astype("float32")


@pytest.mark.parametrize("delta", [0.3, 1.0, 4.0])
def test_smooth_l1_is_huber_over_its_joint(delta):
    smooth = float(portable_losses.SmoothL1(delta)(*PAIR))
    huber = float(portable_losses.Huber(delta)(*PAIR))
    np.testing.assert_allclose(smooth, huber / delta, rtol=1e-6)


def test_smooth_l1_with_beta_0_is_the_absolute_error(gradient, compiled):
    t, p = PAIR.copy()
    p[0] = t[0]
    smooth, smooth_slope = gradient(
        portable_losses.SmoothL1(0.0), t, p, compiled=compiled
    )
    absolute, absolute_slope = gradient(
        portable_losses.MeanAbsoluteError(), t, p, compiled=compiled
    )
    assert smooth == absolute
    np.testing.assert_array_equal(smooth_slope, absolute_slope)


def test_smooth_l1_rejects_a_negative_beta():
    message = r"SmoothL1: `beta` must be a finite number >= 0; got beta=-1"
    with pytest.raises(ValueError, match=message):
        portable_losses.SmoothL1(-1)


@pytest.mark.parametrize("delta", [-1.0, 0.0, float("nan")])
def test_huber_rejects_a_delta_that_is_not_positive(delta):
    message = r"Huber: `delta` must be a finite number > 0; got delta="
    with pytest.raises(ValueError, match=message):
        portable_losses.Huber(delta)


def test_a_whole_delta_is_a_delta():
    # Keras rejects it from 3.16 on.
    whole, real = (portable_losses.Huber(delta=delta)(*PAIR) for delta in (1, 1.0))
    assert float(whole) == float(real)


def test_an_infinite_residual_has_gradient_delta(gradient, compiled):
    t, p = np.zeros((1, 3), "float32"), np.array([[np.inf, -np.inf, 1.0]], "float32")
    loss = portable_losses.Huber(0.5, reduction="sum")
    value, slope = gradient(loss, t, p, compiled=compiled)
    assert value == np.inf
    np.testing.assert_allclose(3 * slope, [[0.5, -0.5, 0.5]], rtol=1e-6)
