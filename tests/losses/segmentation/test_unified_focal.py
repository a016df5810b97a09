"""The unified focal loss: its two terms, one channel, and extreme logits."""

import keras
import numpy as np
import pytest

import portable_losses as pl

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

rng = np.random.default_rng(0)
LOGITS = 2 * rng.normal(size=(2, 5, 3)).astype("float32")
IDS = rng.integers(0, 3, (2, 5)).astype("int32")


def same(gradient, loss, other, *pairs):
    results = [
        gradient(x, t, p, compiled=MODE)
        for x, (t, p) in zip((loss, other), pairs * 2, strict=False)
    ]
    (got, grad), (wanted, wanted_grad) = results
    np.testing.assert_allclose(got, wanted, rtol=2e-6)
    return grad, wanted_grad


def test_the_focal_term_alone_is_crossentropy_for_gamma_0(gradient):
    loss = pl.UnifiedFocal(weight=0.0, gamma=0.0, delta=0.5, activation="softmax")
    other = pl.SparseCategoricalCrossentropy(from_logits=True)
    grad, wanted = same(gradient, loss, 0.5 * other, (IDS, LOGITS))
    np.testing.assert_allclose(grad, wanted, rtol=1e-4, atol=1e-7)


def test_the_overlap_alone_is_the_tversky_loss_for_gamma_0(gradient):
    loss = pl.UnifiedFocal(weight=1.0, gamma=0.0, delta=0.7, activation="softmax")
    other = pl.SoftTversky(alpha=0.3, beta=0.7, activation="softmax")
    grad, wanted = same(gradient, loss, other, (IDS, LOGITS))
    np.testing.assert_allclose(grad, wanted, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("asymmetric", [True, False])
def test_one_channel_is_two_of_which_one_has_the_logit_0(gradient, asymmetric):
    x = LOGITS[..., :1]
    t = IDS % 2
    config = {"asymmetric": asymmetric, "ignore_class": 255}
    t[0, 1] = 255
    one = pl.UnifiedFocal(activation="sigmoid", **config)
    two = pl.UnifiedFocal(activation="softmax", **config)
    both = np.concatenate([0 * x, x], -1)
    grad, wanted = same(gradient, one, two, (t, x), (t, both))
    np.testing.assert_allclose(grad[..., 0], wanted[..., 1], rtol=1e-4, atol=1e-7)
    p = 1 / (1 + np.exp(-x))
    plain = float(pl.UnifiedFocal(**config)(t, p))
    np.testing.assert_allclose(plain, float(one(t, x)), rtol=1e-5)


@pytest.mark.parametrize("asymmetric", [True, False])
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_a_logit_of_1e4_that_is_wrong_has_its_gradient(
    gradient, activation, asymmetric
):
    t = np.array([[0, 1]], "int32")
    x = 1e4 * (1 - 2 * np.eye(2, dtype="float32")[t])
    loss = pl.UnifiedFocal(activation=activation, asymmetric=asymmetric, weight=0.25)
    got, grad = gradient(loss, t, x, compiled=MODE)
    cost = 1e4 if activation == "sigmoid" else 2e4
    np.testing.assert_allclose(got, 0.75 * cost / 2 + 0.25, rtol=1e-6)
    focal = 0.75 * np.array([0.4, 0.6]) / 2  # of each pixel's own class
    np.testing.assert_allclose(grad[0, [0, 1], [0, 1]], -focal, rtol=1e-5)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_infinite_logits(gradient, activation):
    t = np.array([[0, 1, 1]], "int32")
    x = 2 * np.eye(2, dtype="float32")[t] - 1
    inf, huge = x.copy(), x.copy()
    inf[0, 0], huge[0, 0] = (np.inf, -np.inf), (1e4, -1e4)
    loss = pl.UnifiedFocal(activation=activation)
    got, grad = gradient(loss, t, inf, compiled=MODE)
    wanted, wanted_grad = gradient(loss, t, huge, compiled=MODE)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(grad, wanted_grad, rtol=1e-4, atol=1e-7)
    assert not grad[0, 0].any()
    got, grad = gradient(loss, t, -inf, compiled=MODE)
    assert got == np.inf
    assert not np.isnan(grad).any()


def test_probabilities_at_and_beyond_their_ends(gradient):
    t = np.array([[0, 1]], "int32")
    p = np.array([[[1.02, -0.02], [0.0, 1.0]]], "float32")
    for asymmetric in (True, False):
        loss = pl.UnifiedFocal(asymmetric=asymmetric)
        got, grad = gradient(loss, t, p, compiled=MODE)
        assert abs(got) < 0.2
        assert np.isfinite(grad).all()
    got = float(pl.UnifiedFocal(weight=0.0)(t, np.eye(2)[1 - t]))
    np.testing.assert_allclose(got, -np.log(1e-7) * (0.4 + 0.6) / 2, rtol=1e-6)


def test_the_background_may_be_excluded():
    loss = pl.UnifiedFocal(include_background=False, activation="softmax", gamma=0.0)
    log_p = LOGITS - np.log(np.exp(LOGITS).sum(-1, keepdims=True))
    t = np.eye(3)[IDS][..., 1:]
    focal = -0.6 * (t * log_p[..., 1:]).sum(-1).mean()
    config = {"alpha": 0.4, "beta": 0.6, "activation": "softmax"}
    overlap = float(pl.SoftTversky(include_background=False, **config)(IDS, LOGITS))
    got = float(loss(IDS, LOGITS))
    np.testing.assert_allclose(got, 0.5 * (focal + overlap), rtol=1e-5)
