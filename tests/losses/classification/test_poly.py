"""Poly-1: cross-entropy at epsilon 0, exact from logits, one value for all labels."""

import functools

import keras
import numpy as np
import pytest

from portable_losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Hyperparameter,
    PolyBinaryCrossentropy,
    PolyCrossentropy,
    SparseCategoricalCrossentropy,
)

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

RNG = np.random.default_rng(3)
X = (2.0 * RNG.normal(size=(6, 4))).astype("float32")
P = (RNG.uniform(0.1, 1.0, (6, 4))).astype("float32")  # not of sum 1
IDS = np.array([0, 3, 1, 1, 2, 0])
ROWS = np.eye(4, dtype="float32")[IDS]
SOFT = RNG.dirichlet(np.ones(4), 6).astype("float32")
YES_NO = RNG.integers(0, 2, (6, 4)).astype("float32")
WEIGHTS = [0.5, 2.0, 0.0, 1.5]


@pytest.fixture(name="gradient")
def _gradient(gradient):
    return functools.partial(gradient, compiled=MODE)


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("y", [IDS, SOFT], ids=["ids", "soft"])
def test_epsilon_0_is_crossentropy(y, from_logits, gradient):
    config = {"from_logits": from_logits, "class_weights": WEIGHTS, "ignore_class": 3}
    plain = SparseCategoricalCrossentropy if y.ndim == 1 else CategoricalCrossentropy
    wanted, its = gradient(plain(**config), y, X if from_logits else P)
    loss = PolyCrossentropy(epsilon=0, **config)
    got, slope = gradient(loss, y, X if from_logits else P)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(slope, its, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("y", [YES_NO, SOFT], ids=["hard", "soft"])
def test_binary_epsilon_0_is_binary_crossentropy(y, from_logits, gradient):
    config = {"from_logits": from_logits, "class_weights": WEIGHTS}
    x = X if from_logits else P
    wanted, its = gradient(BinaryCrossentropy(**config), y, x)
    got, slope = gradient(PolyBinaryCrossentropy(epsilon=0, **config), y, x)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(slope, its, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("from_logits", [True, False])
def test_labels_of_every_form_agree(from_logits, gradient):
    loss = PolyCrossentropy(
        epsilon=2.0, from_logits=from_logits, class_weights=WEIGHTS, reduction=None
    )
    x = X if from_logits else P
    wanted, its = gradient(loss, IDS, x)
    for y in (IDS[:, None], ROWS):
        got, slope = gradient(loss, y, x)
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(slope, its, rtol=1e-5, atol=1e-6)


def test_probabilities_are_divided_by_their_sum(gradient):
    loss = PolyCrossentropy()
    p = P / P.sum(axis=-1, keepdims=True)
    for y in (IDS, ROWS):
        got = gradient(loss, y, P)[0]
        np.testing.assert_allclose(got, gradient(loss, y, p)[0], rtol=1e-6)
        picked = p[np.arange(6), IDS]
        wanted = np.mean(1 - picked - np.log(picked))
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_logits_of_1e4_and_infinite_ones(gradient):
    inf = np.inf
    x = np.array([[-1e4, 1e4, 0], [-inf, 2, 1], [2, -inf, 1], [inf, 0, 1], [0, inf, 1]])
    loss = PolyCrossentropy(epsilon=2.0, from_logits=True, reduction=None)
    log_p = np.log1p(np.exp(-1.0))
    wanted = [2e4 + 2, inf, log_p + 2 * (1 - np.exp(-log_p)), 0, inf]
    slopes = []
    for y in (np.zeros(5, "int32"), np.eye(3, dtype="float32")[np.zeros(5, "int32")]):
        got, slope = gradient(loss, y, x)
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-6)
        assert np.isfinite(slope).all()
        np.testing.assert_allclose(slope[0], [-1, 1, 0], atol=1e-6)
        assert not slope[3].any()
        slopes.append(slope)
    np.testing.assert_allclose(slopes[0][:4], slopes[1][:4], rtol=1e-5, atol=1e-7)


def test_binary_logits_of_1e4_and_infinite_ones(gradient):
    inf = np.inf
    x = np.array([[-1e4, 1e4, 0.0], [inf, -inf, 0.0], [-inf, inf, 0.0]])
    y = np.array([[1.0, 0.0, 1.0]] * 3)
    loss = PolyBinaryCrossentropy(epsilon=2.0, from_logits=True, reduction=None)
    got, slope = gradient(loss, y, x)
    middle = np.log(2) + 1.0
    wanted = [(2e4 + 4 + middle) / 3, middle / 3, inf]
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    assert np.isfinite(slope).all()
    np.testing.assert_allclose(slope[0], [-1 / 3, 1 / 3, -1 / 3], rtol=1e-5)
    assert not slope[1, :2].any()


def test_ignored_elements_leave_the_mean_of_their_item(gradient):
    y = np.array([[1.0, -1, 0, -1], [-1, -1, -1, -1], [1, 1, 0, 0]])
    x = np.where(y == -1, np.nan, X[:3])
    loss = PolyBinaryCrossentropy(from_logits=True, ignore_class=-1)
    got, slope = gradient(loss, y, x)
    plain = PolyBinaryCrossentropy(from_logits=True, reduction=None)
    pair = gradient(plain, y[:1, ::2], x[:1, ::2])[0], gradient(plain, y[2:], x[2:])[0]
    np.testing.assert_allclose(got, np.mean([pair[0][0], pair[1][0]]), rtol=1e-6)
    assert not slope[y == -1].any()
    assert np.isfinite(slope).all()


def test_epsilon_may_move():
    epsilon = Hyperparameter(0.5, name="epsilon")
    for cls, y in ((PolyCrossentropy, IDS), (PolyBinaryCrossentropy, YES_NO)):
        moving = float(cls(epsilon=epsilon, from_logits=True)(y, X))
        still = float(cls(epsilon=0.5, from_logits=True)(y, X))
        np.testing.assert_allclose(moving, still, rtol=1e-6)


@pytest.mark.parametrize("cls", [PolyCrossentropy, PolyBinaryCrossentropy])
def test_bad_values_are_rejected(cls):
    with pytest.raises(ValueError, match="`epsilon` must be a finite number >= -1"):
        cls(epsilon=-1.5)
    with pytest.raises(ValueError, match="`class_weights` must be of length 4"):
        cls(from_logits=True, class_weights=[1.0])(ROWS, X)
    with pytest.raises(ValueError, match="pass from_logits=True"):
        cls()(ROWS, X)
    with pytest.raises(TypeError, match="positional"):
        cls(1.0)


def test_ids_out_of_range_are_rejected_or_nan(gradient):
    loss, y = PolyCrossentropy(from_logits=True), np.array([4, 1, 2, 3, 0, 0])
    with pytest.raises(ValueError, match=r"class indices in \[0, 4\); .*holds 4"):
        loss(y, X)
    if MODE:
        assert np.isnan(gradient(loss, y, X)[0])
