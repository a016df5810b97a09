import json
import math

import keras
import numpy as np
import pytest

import portable_losses as pl

R = np.concatenate([10.0 ** np.arange(-4, 4.25, 0.25), [0.0]]).astype("float32")
NEAR = [2 - 1e-6, 2 + 1e-6, 1.999, 2.1, 1e-6, -1e-6, 1e-3, -1e-3, 1e-30, -1e-40, -1e4]
LIMITS = {
    2.0: lambda s: s / 2,
    1.0: lambda s: s / (np.sqrt(1 + s) + 1),
    0.0: lambda s: np.log1p(s / 2),
    -2.0: lambda s: 2 * s / (s + 4),
    -math.inf: lambda s: -np.expm1(-s / 2),
    -1e30: lambda s: -np.expm1(-s / 2),
    4.0: lambda s: (s + s * s / 4) / 2,
}


def each(gradient, alpha, r=R, compiled=False):
    """The loss of each residual, and its gradient."""
    loss = pl.GeneralRobust(alpha=alpha, reduction="none")
    return gradient(loss, np.zeros((len(r), 1)), r[:, None], compiled=compiled)


@pytest.mark.parametrize("alpha", LIMITS)
def test_special_cases(gradient, compiled, alpha):
    value, slope = each(gradient, alpha, compiled=compiled)
    wanted = LIMITS[alpha](R.astype("float64") ** 2)
    np.testing.assert_allclose(value, wanted, rtol=2e-6, atol=0)
    assert np.isfinite(slope).all() and slope[-1, 0] == 0


@pytest.mark.parametrize("alpha", NEAR)
def test_accurate_beside_the_special_cases(gradient, compiled, alpha):
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(80):
        # As the tensor has it: 2 - 1e-6 is another number in float32.
        a = mpmath.mpf(float(np.float32(alpha)) or alpha)
        b = abs(a - 2)
        s = [mpmath.mpf(float(r)) ** 2 for r in R]
        wanted = [float(b / a * ((1 + x / b) ** (a / 2) - 1)) for x in s]
        slopes = [
            float(mpmath.mpf(float(r)) * (1 + x / b) ** (a / 2 - 1))
            for r, x in zip(R, s, strict=True)
        ]
    value, slope = each(gradient, alpha, compiled=compiled)
    np.testing.assert_allclose(value, wanted, rtol=2e-6, atol=0)
    np.testing.assert_allclose(slope[:, 0], slopes, rtol=2e-5, atol=1e-6)


def test_a_hyperparameter_passes_through_the_special_cases(gradient):
    alpha = pl.Hyperparameter(3.0)
    moving = pl.GeneralRobust(alpha=alpha, reduction="none")
    zeros, r = np.zeros((len(R), 1)), R[:, None]
    for new in (3.0, 2.0, 1.5, 1.0, 0.5, 0.0, -2.0, -1e30):
        alpha.assign(new)
        value, slope = gradient(moving, zeros, r)
        wanted, slopes = each(gradient, new)
        np.testing.assert_allclose(value, wanted, rtol=1e-6)
        np.testing.assert_allclose(slope, slopes, rtol=1e-5, atol=1e-6)


def test_a_mask_of_elements():
    loss = pl.GeneralRobust(alpha=0.0)
    t, p = [[0.0, np.nan], [0.0, 0.0]], [[2.0, 1.0], [4.0, 2.0]]
    value = float(loss(t, p, mask=[[True, False], [True, True]]))
    assert value == pytest.approx((np.log(3) + (np.log(9) + np.log(3)) / 2) / 2)


def test_minus_infinity_is_saved():
    loss = pl.GeneralRobust(alpha=-math.inf, scale=2)
    text = json.dumps(keras.saving.serialize_keras_object(loss))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert again.alpha == -math.inf and again.scale == 2


@pytest.mark.parametrize("alpha", [math.inf, math.nan])
def test_other_infinities_are_rejected(alpha):
    message = "GeneralRobust: `alpha` must be a number < inf; got alpha="
    with pytest.raises(ValueError, match=message):
        pl.GeneralRobust(alpha=alpha)


@pytest.mark.parametrize("alpha", [-10.0, -4.0, -2.0, -1.0, -0.5, -np.inf])
def test_far_out_the_gradient_has_its_digits(alpha, gradient, compiled):
    r = np.array([[1.0, 3.0, 5.0, 8.0, 12.0, 100.0, 1e3]])
    if np.isinf(alpha):
        r = r[:, :5]
        want = r * np.exp(-0.5 * r**2)
    else:
        want = r * (1.0 + r**2 / (2.0 - alpha)) ** (0.5 * alpha - 1.0)
    loss = pl.GeneralRobust(alpha=alpha, reduction="sum")
    _, slope = gradient(loss, np.zeros_like(r), r, compiled=compiled)
    np.testing.assert_allclose(slope, want / r.shape[1], rtol=2e-5)
