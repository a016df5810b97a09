"""Generalized Dice: the weights of small and large classes."""

import keras
import numpy as np
import pytest

import portable_losses as pl

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)


def test_a_small_class_counts_as_much_as_a_large_one():
    t = np.zeros((1, 100, 2), "float32")
    t[0, :99, 0] = t[0, 99, 1] = 1.0
    p = t.copy()
    p[0, 99, 1] = 0.0  # the one pixel of the small class
    square = float(pl.GeneralizedDice()(t, p))
    uniform = float(pl.GeneralizedDice(weighting="uniform")(t, p))
    np.testing.assert_allclose(square, 1 - (2 / 99) / (2 / 99 + 1), rtol=1e-5)
    np.testing.assert_allclose(uniform, 1 - 198 / 199, rtol=1e-4)


def test_a_volume_is_not_met_by_epsilon(gradient):
    # The sums weighted by 1 / V^2 are below this epsilon, which is one in pixels.
    t = np.ones((1, 2**18, 1), "float32")
    loss = pl.GeneralizedDice(epsilon=1e-5)
    assert abs(float(loss(t, t))) < 1e-6
    got, grad = gradient(loss, t, 0.5 * t, compiled=MODE)
    np.testing.assert_allclose(got, 1 / 3, rtol=1e-5)
    np.testing.assert_allclose(grad, np.full_like(t, -8 / 9 / 2**18), rtol=1e-4)


@pytest.mark.parametrize("weighting", ["square", "simple", "uniform"])
def test_weights_stay_within_float32(gradient, weighting):
    t = np.full((1, 4, 2), 1e-25, "float32")
    t[..., 0] = 1.0
    got, grad = gradient(
        pl.GeneralizedDice(weighting=weighting), t, np.full_like(t, 0.5), compiled=MODE
    )
    assert np.isfinite(got)
    assert np.isfinite(grad).all()


@pytest.mark.parametrize("empty", ["complement", "skip", "formula"])
def test_an_absent_class_beside_a_present_one(empty):
    t = np.zeros((1, 4, 2), "float32")
    t[..., 0] = 1.0
    p = np.full_like(t, 0.5)
    # A complement has I = 2 and S = 6 of 4 pixels, as the class that is there has.
    got = float(pl.GeneralizedDice(empty=empty)(t, p))
    np.testing.assert_allclose(got, 1 - 2 * 2 / 6, rtol=1e-6)
    worse = p.copy()
    worse[..., 1] = 0.9
    change = float(pl.GeneralizedDice(empty=empty)(t, worse)) - got
    assert change > 0.1 if empty == "complement" else change == 0
