"""exp(x) - 1 and log(1 + x) by sums and products, for backends that were not tested."""

import keras
import numpy as np
import pytest

from portable_losses.ops import exponentials, residuals

NEAR = np.array([0.0, 1e-30, 1e-7, 1e-4, 0.03, 0.3, 0.499, 0.501, 0.9], "float32")
X = np.concatenate([-NEAR[::-1], NEAR])


def values(function, x):
    return keras.ops.convert_to_numpy(function(keras.ops.convert_to_tensor(x)))


@pytest.mark.parametrize("name", ["expm1", "log1p"])
def test_they_are_accurate_near_0(name):
    function, exact = getattr(exponentials, f"_{name}"), getattr(np, name)
    wanted = exact(X.astype("float64"))
    np.testing.assert_allclose(values(function, X), wanted, rtol=3e-7, atol=1e-37)


@pytest.mark.parametrize("name", ["expm1", "log1p"])
def test_they_are_exact_in_float64(name):
    if keras.config.backend() == "jax":
        pytest.skip("JAX has no float64 by default")
    x = np.linspace(-0.49, 0.49, 99)
    found = values(getattr(exponentials, f"_{name}"), x)
    assert found.dtype == "float64"
    np.testing.assert_allclose(found, getattr(np, name)(x), rtol=1e-15, atol=0)


def test_log_cosh_needs_no_tanh(monkeypatch):
    monkeypatch.setattr(residuals, "RAW_TANH", False)
    x = np.array([0.0, 1e-4, 4e-4, 0.01, 0.7, 3.0, 79.0, 81.0, 1e30], "float32")
    x = np.concatenate([-x, x])
    wide = np.abs(x.astype("float64"))
    wanted = np.log1p(np.expm1(-wide) ** 2 / 2 / np.exp(-np.minimum(wide, 700))) + 0.0
    wanted = np.where(wide > 80, wide - np.log(2), wanted)
    np.testing.assert_allclose(values(residuals._log_cosh, x), wanted, rtol=5e-7)
