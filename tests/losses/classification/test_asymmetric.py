"""The asymmetric losses: their limits, their bound, and exponents below 1."""

import keras
import numpy as np
import pytest

from portable_losses import (
    AsymmetricMultiLabel,
    AsymmetricSingleLabel,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Hyperparameter,
    SparseCategoricalCrossentropy,
)

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)
RNG = np.random.default_rng(0)
LOGITS = (3 * RNG.normal(size=(6, 4))).astype("float32")
SOFT = RNG.random((6, 4)).astype("float32")
ROWS = (SOFT / SOFT.sum(axis=1, keepdims=True)).astype("float32")
IDS = np.array([0, 1, 2, 3, 1, 0])
WEIGHTS = [0.0, 2.0, 1.0, 0.5]
PLAIN = {"gamma_neg": 0, "gamma_pos": 0.0}


def agree(gradient, loss, other, y, x, mode=MODE):
    got, slope = gradient(loss, y, x, compiled=mode)
    wanted, its = gradient(other, y, x, compiled=mode)
    np.testing.assert_allclose(got, wanted, rtol=2e-6)
    np.testing.assert_allclose(slope, its, rtol=1e-5, atol=1e-7)


def test_without_focusing_and_clip_it_is_binary_crossentropy(gradient):
    given = {"class_weights": WEIGHTS, "ignore_class": -1}
    y = SOFT.copy()
    y[1, 2] = -1.0
    large = np.array([[1e4, -1e4, 200.0, -200.0]], "float32") * np.ones((6, 1))
    for x in (LOGITS, large):
        loss = AsymmetricMultiLabel(**PLAIN, clip=0, from_logits=True, **given)
        agree(gradient, loss, BinaryCrossentropy(True, **given), y, x)
    loss = AsymmetricMultiLabel(**PLAIN, clip=0.0, **given)
    agree(gradient, loss, BinaryCrossentropy(**given), y, SOFT[::-1].copy())


def test_without_focusing_it_is_crossentropy(gradient):
    large = np.where(IDS[:, None] == np.arange(4), -1e4, LOGITS).astype("float32")
    for x in (LOGITS, large):
        loss = AsymmetricSingleLabel(**PLAIN, label_smoothing=0)
        agree(gradient, loss, SparseCategoricalCrossentropy(True), IDS, x)
        loss = AsymmetricSingleLabel(**PLAIN, label_smoothing=0.1, ignore_class=0)
        other = CategoricalCrossentropy(True, label_smoothing=0.1, ignore_class=0)
        agree(gradient, loss, other, ROWS, x)


def test_dense_labels_are_indices(gradient):
    loss = AsymmetricSingleLabel(gamma_pos=0.5, gamma_neg=1.5, class_weights=WEIGHTS)
    one_hot = np.eye(4, dtype="float32")[IDS]
    np.testing.assert_allclose(
        gradient(loss, IDS, LOGITS, compiled=MODE)[1],
        gradient(loss, one_hot, LOGITS, compiled=MODE)[1],
        rtol=1e-5,
        atol=1e-7,
    )


def test_a_surely_wrong_absent_label_costs_the_bound(gradient, compiled):
    loss = AsymmetricMultiLabel(from_logits=True, clip=0.1, gamma_neg=3)
    for x in (20.0, 1e4, np.inf):
        got, slope = gradient(loss, [[0.0]], [[x]], compiled=compiled)
        np.testing.assert_allclose(got, -(0.9**3) * np.log(0.1), rtol=1e-6)
        assert np.isfinite(slope).all()
    got, slope = gradient(loss, [[0.0]], [[-3.0]], compiled=compiled)  # p < 0.1
    assert got == 0 and not slope.any()


def test_a_clip_and_exponents_that_move(gradient):
    moving = {"gamma_neg": 0.5, "gamma_pos": 0.0, "clip": 0.0}
    loss = AsymmetricMultiLabel(
        from_logits=True, **{k: Hyperparameter(v) for k, v in moving.items()}
    )
    fixed = AsymmetricMultiLabel(from_logits=True, **moving)
    y, x = np.eye(4), np.array([[1e4], [200.0], [-200.0], [0.3]]) * np.ones(4)
    agree(gradient, loss, fixed, y, x, mode=False)
    moving = {"gamma_neg": 0.0, "gamma_pos": 0.5, "label_smoothing": 0.1}
    loss = AsymmetricSingleLabel(**{k: Hyperparameter(v) for k, v in moving.items()})
    agree(gradient, loss, AsymmetricSingleLabel(**moving), IDS, LOGITS, mode=False)


@pytest.mark.parametrize("gamma", [0.05, 0.5, 1.0])
def test_small_exponents_have_a_finite_gradient(gamma, gradient):
    x = np.array([[60.0, 90.0, 102.0, 104.0, 200.0, 1e4, np.inf]]).T
    given = {"gamma_neg": gamma, "gamma_pos": gamma}
    loss = AsymmetricMultiLabel(**given, clip=0, from_logits=True, reduction="sum")
    for y, sign in ((1, 1), (0, -1), (1.0, 1), (0.0, -1)):
        y = np.full((7, 1), y)
        got, slope = gradient(loss, y, sign * x, compiled=MODE)
        assert np.isfinite(slope).all() and got < 1e-20
    rows = np.concatenate([x, np.zeros((7, 2))], axis=1)
    for k in (0, 1):
        loss = AsymmetricSingleLabel(**given, reduction="sum")
        got, slope = gradient(loss, np.full(7, k), rows, compiled=MODE)
        assert not np.isnan(slope).any() and not np.isnan(got)


def test_the_focusing_of_a_p_below_every_float32(gradient):
    loss = AsymmetricSingleLabel(gamma_neg=0.05, label_smoothing=0.5)
    got, slope = gradient(loss, [0], [[200.0, 0.0]], compiled=MODE)  # p = e^-200
    np.testing.assert_allclose(got, 0.25 * 200 * np.exp(-10), rtol=1e-4)
    focus = 0.25 * np.exp(-10) * (1 - 0.05 * 200)
    np.testing.assert_allclose(slope, [[focus, -focus]], rtol=1e-4, atol=1e-7)


REJECTED = [
    (lambda: AsymmetricMultiLabel(gamma_pos=-1), "`gamma_pos` must be .*>= 0"),
    (lambda: AsymmetricMultiLabel(clip=1.0), "`clip` must be .*>= 0 and < 1"),
    (lambda: AsymmetricMultiLabel()(np.eye(4), LOGITS[:4]), "`y_pred` must be prob"),
    (lambda: AsymmetricSingleLabel(from_logits=False), "`from_logits` must be True"),
    (lambda: AsymmetricSingleLabel(label_smoothing=2), "`label_smoothing` must be"),
    (lambda: AsymmetricSingleLabel()(IDS + 1, LOGITS), r"in \[0, 4\); .*holds 4"),
    (
        lambda: AsymmetricSingleLabel(class_weights=[1])(IDS, LOGITS),
        "`class_weights` must be of length 4",
    ),
]


@pytest.mark.parametrize(("call", "message"), REJECTED)
def test_bad_values_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
