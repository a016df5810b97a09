"""Losses of class counts: LogitAdjusted, LDAM, and class_balanced_weights."""

import functools
import re

import keras
import numpy as np
import pytest

from portable_losses import (
    LDAM,
    CategoricalCrossentropy,
    Hyperparameter,
    LogitAdjusted,
    SparseCategoricalCrossentropy,
    class_balanced_weights,
)

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

RNG = np.random.default_rng(6)
X = (2.0 * RNG.normal(size=(6, 4))).astype("float32")
C = np.tanh(X)  # cosines
IDS = np.array([0, 3, 1, 1, 2, 0])
ROWS = np.eye(4, dtype="float32")[IDS]
SOFT = RNG.dirichlet(np.ones(4), 6).astype("float32")
COUNTS = [500, 20, 3, 90]
WEIGHTS = [0.5, 2.0, 0.0, 1.5]


@pytest.fixture(name="gradient")
def _gradient(gradient):
    return functools.partial(gradient, compiled=MODE)


def of(y):
    return SparseCategoricalCrossentropy if y.ndim == 1 else CategoricalCrossentropy


@pytest.mark.parametrize("y", [IDS, SOFT], ids=["ids", "soft"])
@pytest.mark.parametrize(
    ("loss", "scale"),
    [
        (LogitAdjusted(COUNTS, tau=0), 1.0),
        (LogitAdjusted([7, 7, 7, 7]), 1.0),
        (LDAM(COUNTS, max_margin=0, scale=3.0), 3.0),
    ],
)
def test_limits_are_crossentropy(loss, scale, y, gradient):
    config = {"class_weights": WEIGHTS, "ignore_class": 3}
    wanted, its = gradient(of(y)(from_logits=True, **config), y, scale * C)
    loss = type(loss)(**{**loss.get_config(), **config})
    got, slope = gradient(loss, y, C)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(slope, scale * its, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("cls", [LogitAdjusted, LDAM])
def test_labels_of_every_form_agree(cls, gradient):
    loss = cls(COUNTS, class_weights=WEIGHTS, ignore_class=3, reduction=None)
    wanted, its = gradient(loss, IDS, C)
    for y in (IDS[:, None], ROWS):
        got, slope = gradient(loss, y, C)
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(slope, its, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cls", [LogitAdjusted, LDAM])
def test_only_ratios_of_counts_matter(cls, gradient):
    wanted = gradient(cls(COUNTS), IDS, C)[0]
    scaled = cls(np.array(COUNTS) / 613.0, from_logits=True)
    np.testing.assert_allclose(gradient(scaled, IDS, C)[0], wanted, rtol=1e-6)


@pytest.mark.parametrize("cls", [LogitAdjusted, LDAM])
def test_an_ignored_class_may_lie_out_of_range(cls, gradient):
    y = np.where(IDS == 1, 255, IDS)
    x = np.where(y[:, None] == 255, np.nan, C)
    got, slope = gradient(cls(COUNTS, ignore_class=255), y, x)
    wanted = gradient(cls(COUNTS), IDS[IDS != 1], C[IDS != 1])[0]
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    assert np.isfinite(slope).all() and not slope[IDS == 1].any()


def test_margins_fall_with_the_fourth_root():
    c = np.array([[0.2, -0.1]], "float32")
    for y, margin in ((0, 0.25), (1, 0.5)):
        z = 2.0 * (c[0] - margin * np.eye(2)[y])
        wanted = np.log(np.exp(z).sum()) - z[y]
        got = float(LDAM([1600, 100], scale=2.0)(np.array([y]), c))
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


@pytest.mark.parametrize("cls", [LogitAdjusted, LDAM])
def test_logits_of_1e4_and_infinite_ones(cls, gradient):
    inf = np.inf
    x = np.array([[-1e4, 1e4, 0], [-inf, 2, 1], [inf, 0, 1], [0, inf, 1], [1, -inf, 2]])
    loss = cls([5, 5, 5], reduction=None)
    if cls is LDAM:
        loss = cls([5, 5, 5], max_margin=0, scale=1.0, reduction=None)
        loss([0], np.eye(3)[:1])  # the first call, which checks for cosines
    wanted = [2e4, inf, 0, inf, np.log1p(np.e)]
    for y in (np.zeros(5, "int32"), np.eye(3, dtype="float32")[np.zeros(5, "int32")]):
        got, slope = gradient(loss, y, x)
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-6)
        assert np.isfinite(slope).all()
        np.testing.assert_allclose(slope[0], [-1, 1, 0], atol=1e-6)
        assert not slope[2].any() and slope[4, 1] == 0


def test_arguments_may_move():
    half = Hyperparameter(0.5, name="half")
    for name, cls in (("tau", LogitAdjusted), ("max_margin", LDAM)):
        got = float(cls(COUNTS, **{name: half})(IDS, C))
        wanted = float(cls(COUNTS, **{name: 0.5})(IDS, C))
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_weights_of_the_effective_number_of_samples():
    beta = 0.99
    raw = (1 - beta) / (1 - beta ** np.array(COUNTS, "float64"))
    got = class_balanced_weights(COUNTS, beta)
    np.testing.assert_allclose(got, raw / raw.sum() * 4, rtol=1e-12)
    assert all(type(w) is float for w in got)
    np.testing.assert_allclose(sum(class_balanced_weights([1, 10**9])), 2.0)


def test_limits_of_the_weights():
    assert class_balanced_weights(COUNTS, beta=0) == (1.0,) * 4
    assert class_balanced_weights(np.full(3, 8)) == (1.0,) * 3
    inverse = 1 / np.array(COUNTS)
    got = class_balanced_weights(COUNTS, beta=1 - 1e-12)
    np.testing.assert_allclose(got, inverse / inverse.sum() * 4, rtol=1e-6)


def test_the_weights_are_class_weights():
    weights = class_balanced_weights(COUNTS, 0.9)
    got = float(LDAM(COUNTS, class_weights=weights)(IDS, C))
    items = np.asarray(LDAM(COUNTS, reduction=None)(IDS, C))
    np.testing.assert_allclose(got, np.mean(np.array(weights)[IDS] * items), rtol=1e-5)


BAD = [
    (lambda: LogitAdjusted([1, 0]), r"`class_counts\[1\]` must be .*> 0"),
    (lambda: LDAM([]), "`class_counts` must be a sequence of numbers"),
    (lambda: LogitAdjusted([1, 2])(IDS, C), "`class_counts` must be of length 4"),
    (lambda: LDAM([1, 2])(IDS, C), "`class_counts` must be of length 4"),
    (lambda: LogitAdjusted(COUNTS, tau=-1), "`tau` must be .*>= 0"),
    (lambda: LDAM(COUNTS, max_margin=-1), "`max_margin` must be .*>= 0"),
    (lambda: LDAM(COUNTS, scale=0), "`scale` must be .*> 0"),
    (lambda: LDAM(COUNTS, from_logits=False), "`from_logits` must be True"),
    (lambda: LogitAdjusted(COUNTS, from_logits=False), "`from_logits` must be True"),
    (lambda: LDAM(COUNTS)(IDS + 1, C), r"class indices in \[0, 4\); .*holds 4"),
    (lambda: class_balanced_weights([3, 0]), r"class_balanced_weights: `class_counts"),
    (lambda: class_balanced_weights([3, 1], beta=1), "`beta` must be .*< 1"),
    (lambda: class_balanced_weights([3, 1], beta=-0.1), "`beta` must be .*>= 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_values_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_wrong_kinds_are_rejected():
    with pytest.raises(TypeError, match="`beta` must be constant"):
        class_balanced_weights([1, 2], Hyperparameter(0.9, name="beta"))
    with pytest.raises(TypeError, match="`class_counts` must be a sequence"):
        LogitAdjusted(5)
    with pytest.raises(TypeError, match="`class_counts` must be a sequence"):
        class_balanced_weights({0: 3})


def test_logits_are_no_cosines():
    text = "LDAM: `y_pred` must be cosines in [-1, 1]; got y_pred that holds "
    for x, worst in ((X, X[np.abs(X) == np.abs(X).max()][0]), (20 * C, None)):
        with pytest.raises(ValueError, match=re.escape(text)) as error:
            LDAM(COUNTS)(IDS, x)
        assert "(end the model with portable_losses.CosineDense)" in str(error.value)
        assert worst is None or f"{worst:.4g}" in str(error.value)
    for x in (1.02 * np.sign(C), np.where(IDS[:, None] == 3, X, C)):
        float(LDAM(COUNTS, ignore_class=3)(IDS, x))


def test_large_logits_keep_the_digits_of_the_adjustment():
    loss = LogitAdjusted([500, 20, 3, 90], tau=1.2)
    small = float(loss([1], [[0.0, 0.0, -1e4, -1e4]]))
    large = float(loss([1], [[1e4, 1e4, 0.0, 0.0]]))
    assert abs(small - large) <= 1e-6 * small
