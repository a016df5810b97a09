"""The Tversky losses, and what they are at special weights and exponents."""

import keras
import numpy as np
import pytest

import portable_losses as pl

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

rng = np.random.default_rng(0)
LOGITS = 2 * rng.normal(size=(3, 5, 3)).astype("float32")
IDS = rng.integers(0, 3, (3, 5)).astype("int32")
SOFT = rng.dirichlet(np.ones(3), (3, 5)).astype("float32")
P = rng.dirichlet(np.ones(3), (3, 5)).astype("float32")

SAME = [
    (pl.SoftTversky(alpha=0.5, beta=0.5), pl.SoftDice()),
    (pl.SoftTversky(alpha=1.0, beta=1.0), pl.Jaccard()),
    (pl.FocalTversky(gamma=1.0), pl.SoftTversky(alpha=0.3, beta=0.7)),
]


@pytest.mark.parametrize("t", [IDS, SOFT], ids=["hard", "soft"])
@pytest.mark.parametrize(("loss", "other"), SAME)
def test_special_values(gradient, loss, other, t):
    got, grad = gradient(loss, t, P, compiled=MODE)
    wanted, wanted_grad = gradient(other, t, P, compiled=MODE)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(grad, wanted_grad, rtol=1e-4, atol=1e-6)


def test_the_minimum_is_the_product_for_hard_labels(gradient):
    hard = np.eye(3, dtype="float32")[IDS]
    loss = pl.SoftTversky(alpha=0.2, beta=0.9, empty="formula")
    products = pl.Tversky(0.2, 0.9, axis=1)
    got, grad = gradient(loss, hard, P, compiled=MODE)
    wanted, wanted_grad = gradient(products, hard, P, compiled=MODE)
    np.testing.assert_allclose(got, wanted, rtol=1e-5)
    np.testing.assert_allclose(grad, wanted_grad, rtol=1e-4, atol=1e-6)
    assert abs(float(loss(SOFT, SOFT))) < 1e-6 < 0.1 < float(products(SOFT, SOFT))


@pytest.mark.parametrize("cls", [pl.SoftTversky, pl.FocalTversky])
def test_alpha_and_beta_differ_on_the_outputs_of_a_softmax(cls):
    low = cls(alpha=0.1, beta=0.9, activation="softmax")
    high = cls(alpha=0.9, beta=0.1, activation="softmax")
    assert abs(float(low(IDS, LOGITS)) - float(high(IDS, LOGITS))) > 0.01
    # A pixel of the object is missed, or one beside it is invented.
    t = np.array([[1, 1, 0, 0]], "int32")
    missed = np.array([[[1.0], [0.0], [0.0], [0.0]]], "float32")
    invented = np.array([[[1.0], [1.0], [1.0], [0.0]]], "float32")
    loss = cls(alpha=0.1, beta=0.9)
    assert float(loss(t, missed)) > 2 * float(loss(t, invented))


@pytest.mark.parametrize("gamma", [0.75, 1.0, 2.0])
def test_a_prediction_beyond_1_has_no_nan(gradient, gamma):
    t = np.ones((1, 3, 1), "float32")
    got, grad = gradient(pl.FocalTversky(gamma=gamma), t, 1.01 * t, compiled=MODE)
    assert np.isfinite(got)
    assert np.isfinite(grad).all()
    got, grad = gradient(pl.FocalTversky(gamma=gamma), t, t, compiled=MODE)
    assert got == 0
    assert np.isfinite(grad).all()
