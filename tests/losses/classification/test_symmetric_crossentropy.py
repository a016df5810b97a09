"""Symmetric cross-entropy: its limits, and one value for labels of every form."""

import functools

import keras
import numpy as np
import pytest

from portable_losses import (
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    SymmetricCrossentropy,
)

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

RNG = np.random.default_rng(4)
X = (2.0 * RNG.normal(size=(6, 4))).astype("float32")
P = RNG.uniform(0.1, 1.0, (6, 4)).astype("float32")  # not of sum 1
IDS = np.array([0, 3, 1, 1, 2, 0])
ROWS = np.eye(4, dtype="float32")[IDS]
SOFT = RNG.dirichlet(np.ones(4), 6).astype("float32")
WEIGHTS = [0.5, 2.0, 0.0, 1.5]


@pytest.fixture(name="gradient")
def _gradient(gradient):
    return functools.partial(gradient, compiled=MODE)


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("y", [IDS, SOFT], ids=["ids", "soft"])
def test_alpha_1_and_beta_0_are_crossentropy(y, from_logits, gradient):
    config = {"from_logits": from_logits, "class_weights": WEIGHTS, "ignore_class": 3}
    x = X if from_logits else P
    plain = SparseCategoricalCrossentropy if y.ndim == 1 else CategoricalCrossentropy
    wanted, its = gradient(plain(**config), y, x)
    got, slope = gradient(SymmetricCrossentropy(alpha=1, beta=0, **config), y, x)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(slope, its, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("from_logits", [True, False])
def test_labels_of_every_form_agree(from_logits, gradient):
    config = {"from_logits": from_logits, "class_weights": WEIGHTS, "reduction": None}
    loss, x = SymmetricCrossentropy(**config), X if from_logits else P
    wanted, its = gradient(loss, IDS, x)
    for y in (IDS[:, None], ROWS):
        got, slope = gradient(loss, y, x)
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(slope, its, rtol=1e-5, atol=1e-6)


def test_the_reverse_of_many_classes_is_the_mean_absolute_error(gradient):
    # Of 1000 classes with p = 0: a clip of each would add 4e-4.
    p = np.zeros((1, 1000), "float32")
    p[0, :2] = 0.25, 0.75
    loss = SymmetricCrossentropy(alpha=0, log_zero=-2.0)
    for y in (np.array([1]), np.eye(1000, dtype="float32")[[1]]):
        np.testing.assert_allclose(gradient(loss, y, p)[0], 0.5, rtol=1e-6)


def test_a_label_below_log_zero_counts_as_that(gradient):
    loss = SymmetricCrossentropy(alpha=0, log_zero=-200.0, from_logits=True)
    x = np.zeros((1, 2))
    got = gradient(loss, np.array([[1.0, 0.0]]), x)[0]
    np.testing.assert_allclose(got, 100.0, rtol=1e-6)
    got = gradient(loss, np.array([[0.5, 0.5]]), x)[0]
    np.testing.assert_allclose(got, np.log(2), rtol=1e-6)


def test_logits_of_1e4_and_infinite_ones(gradient):
    inf = np.inf
    x = np.array([[-1e4, 1e4, 0], [-inf, 2, 1], [2, -inf, 1], [inf, 0, 1], [0, inf, 1]])
    loss = SymmetricCrossentropy(from_logits=True, reduction=None)
    cost = np.log1p(np.exp(-1.0))
    wanted = [2e3 + 4, inf, 0.1 * cost - 4 * np.expm1(-cost), 0, inf]
    for y in (np.zeros(5, "int32"), np.eye(3, dtype="float32")[np.zeros(5, "int32")]):
        got, slope = gradient(loss, y, x)
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-6)
        assert np.isfinite(slope).all()
        np.testing.assert_allclose(slope[0], [-0.1, 0.1, 0], atol=1e-6)
        assert not slope[3].any()


def test_without_crossentropy_a_wrong_infinity_is_bounded(gradient):
    x = np.array([[-np.inf, 0.0, 1.0]])
    loss = SymmetricCrossentropy(alpha=0, from_logits=True)
    for y in (np.array([0]), np.array([[1.0, 0, 0]])):
        got, slope = gradient(loss, y, x)
        np.testing.assert_allclose(got, 4.0, rtol=1e-6)
        assert np.isfinite(slope).all()


BAD = [
    (lambda: SymmetricCrossentropy(alpha=-1), "`alpha` must be .*>= 0"),
    (lambda: SymmetricCrossentropy(beta=-1), "`beta` must be .*>= 0"),
    (lambda: SymmetricCrossentropy(log_zero=0), "`log_zero` must be .*< 0"),
    (lambda: SymmetricCrossentropy()(IDS, X), "pass from_logits=True"),
    (lambda: SymmetricCrossentropy(from_logits=True)(IDS + 1, X), "holds 4"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_values_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
