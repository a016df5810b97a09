import keras
import numpy as np
import pytest

from portable_losses import KLDivergence

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

RNG = np.random.default_rng(7)
T = RNG.dirichlet(np.ones(4), 6).astype("float32")
P = RNG.dirichlet(np.ones(4), 6).astype("float32")
CORNERS = np.array([[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]], "float32")


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


@pytest.mark.parametrize("t", [T, CORNERS[[0, 1, 1, 0, 0, 1]], 3.0 * T])
@pytest.mark.parametrize("p", [P, 2.0 * P, CORNERS[[0, 0, 1, 1, 0, 0]]])
def test_the_numbers_of_keras(t, p):
    ours = value(KLDivergence("none", "mine", "float32"), t, p)
    theirs = value(keras.losses.KLDivergence("none", "mine", "float32"), t, p)
    np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=1e-6)
    assert KLDivergence().name == keras.losses.KLDivergence().name


def test_an_exact_match_of_one_hot_labels_keeps_its_gradient(gradient):
    got, slope = gradient(KLDivergence(), CORNERS, CORNERS, compiled=MODE)
    assert got == 0
    np.testing.assert_allclose(slope, np.where(CORNERS == 1, -0.5, 0.0))


def test_logits_are_the_softmax_of_themselves():
    x = np.log(P) + 3.0
    loss = KLDivergence(from_logits=True, reduction=None)
    wanted = value(KLDivergence(reduction=None), T, P)
    np.testing.assert_allclose(value(loss, T, x), wanted, rtol=2e-5, atol=1e-6)


def test_wrong_logits_have_a_gradient(gradient):
    x = np.array([[1e4, -1e4, 0.0, 0.0], [-200.0, 200.0, 0.0, 0.0]], "float32")
    got, slope = gradient(KLDivergence(from_logits=True), CORNERS, x, compiled=MODE)
    np.testing.assert_allclose(got, (2e4 + 400.0) / 2, rtol=1e-6)
    np.testing.assert_allclose(slope[:, :2], [[0.5, -0.5], [-0.5, 0.5]], rtol=1e-5)


def test_class_weights_and_ignored_labels():
    weights = np.array([0.5, 2.0, 1.0, 3.0], "float32")
    wanted = (weights * T * np.log(T / P)).sum(-1)
    loss = KLDivergence(class_weights=weights, reduction=None)
    np.testing.assert_allclose(value(loss, T, P), wanted, rtol=1e-5, atol=1e-6)
    kept = T.argmax(-1) != 2
    assert 0 < kept.sum() < len(kept)
    broken = np.where(kept[:, None], P, np.nan)
    got = value(KLDivergence(ignore_class=2), T, broken)
    np.testing.assert_allclose(got, value(KLDivergence(), T[kept], P[kept]), rtol=1e-6)


REFUSED = [
    (lambda: KLDivergence(class_weights=[-1.0]), r"`class_weights\[0\]` must be"),
    (lambda: KLDivergence(class_weights=[1.0])(T, P), "must be of length 4"),
    (lambda: KLDivergence()(T[:, :1], P), "`y_true` must have y_pred's shape"),
    (lambda: KLDivergence("average"), "`reduction` must be one of"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_values_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
