"""The bi-tempered loss: its limits, far logits, and what its docstring says."""

import functools

import keras
import numpy as np
import pytest

from portable_losses import (
    BiTempered,
    CategoricalCrossentropy,
    Hyperparameter,
    SparseCategoricalCrossentropy,
)

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

RNG = np.random.default_rng(5)
X = (2.0 * RNG.normal(size=(6, 4))).astype("float32")
IDS = np.array([0, 3, 1, 1, 2, 0])
ROWS = np.eye(4, dtype="float32")[IDS]
SOFT = RNG.dirichlet(np.ones(4), 6).astype("float32")


@pytest.fixture(name="gradient")
def _gradient(gradient):
    return functools.partial(gradient, compiled=MODE)


def test_temperatures_of_1_are_crossentropy(gradient):
    loss = BiTempered(t1=1, t2=1)
    x = np.concatenate([X, [[1e4, -1e4, 0, 3], [-1e4, 1e4, 0, 3]]])
    y = np.concatenate([IDS, [0, 0]])
    plain = SparseCategoricalCrossentropy(from_logits=True)
    wanted, its = gradient(plain, y, x)
    for labels in (y, np.eye(4, dtype="float32")[y]):
        got, slope = gradient(loss, labels, x)
        np.testing.assert_allclose(got, wanted, rtol=1e-6)
        np.testing.assert_allclose(slope, its, rtol=1e-4, atol=1e-7)


def test_of_soft_labels_they_are_crossentropy_less_the_entropy(gradient):
    plain = CategoricalCrossentropy(from_logits=True)
    wanted, its = gradient(plain, SOFT, X)
    wanted = wanted + np.mean(np.sum(SOFT * np.log(SOFT), axis=-1))
    got, slope = gradient(BiTempered(t1=1, t2=1), SOFT, X)
    np.testing.assert_allclose(got, wanted, rtol=1e-5)
    np.testing.assert_allclose(slope, its, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("near", [1e-3, 1e-12])
def test_temperatures_near_1_are_near_crossentropy(near, gradient):
    wanted, its = gradient(SparseCategoricalCrossentropy(from_logits=True), IDS, X)
    got, slope = gradient(BiTempered(t1=1 - near, t2=1 + near), IDS, X)
    np.testing.assert_allclose(got, wanted, rtol=20 * near + 2e-6)
    np.testing.assert_allclose(slope, its, rtol=0, atol=20 * near + 1e-5)


def test_exactly_that_many_iterations():
    for steps in (1, 2, 9):
        p, start = 0.0, X - X.max(axis=-1, keepdims=True)
        u, a = 0.6, X.astype("float64") - X.max(axis=-1, keepdims=True)
        for _ in range(steps):
            a = start * np.sum((1 - u * a) ** (-1 / u), axis=-1, keepdims=True) ** -u
        total = np.sum((1 - u * a) ** (-1 / u), axis=-1, keepdims=True)
        p = (1 - u * (start - (total**u - 1) / u)) ** (-1 / u)
        power = np.sum(p**1.5, axis=-1) / 1.5
        own = p[np.arange(6), IDS]
        wanted = np.mean((1 - own**0.5) / 0.5 - 1 / 1.5 + power)
        got = float(BiTempered(t1=0.5, t2=1.6, iterations=steps)(IDS, X))
        np.testing.assert_allclose(got, wanted, rtol=2e-6)


def test_the_gradient_is_the_difference_quotient(gradient):
    loss = BiTempered(t1=0.3, t2=1.9, label_smoothing=0.2, iterations=2)
    _, slope = gradient(loss, IDS, X)
    way = RNG.normal(size=X.shape).astype("float32")
    step = 2.0**-7
    ahead, behind = float(loss(IDS, X + step * way)), float(loss(IDS, X - step * way))
    quotient = (ahead - behind) / (2 * step)
    np.testing.assert_allclose(np.sum(slope * way), quotient, rtol=2e-3, atol=1e-5)


def test_smoothing_leaves_the_label_what_is_left(gradient):
    e = 0.2
    t = (1 - 4 / 3 * e) * ROWS + e / 3
    wanted, its = gradient(BiTempered(), t.astype("float32"), X)
    for y in (IDS, ROWS):
        got, slope = gradient(BiTempered(label_smoothing=e), y, X)
        np.testing.assert_allclose(got, wanted, rtol=1e-5)
        np.testing.assert_allclose(slope, its, rtol=1e-4, atol=1e-7)


def test_far_logits_are_bounded_and_alive(gradient):
    x = np.array([[-1e4, 1e4, 0.0], [1e4, 0.0, -1e4]])
    loss = BiTempered(t1=0.5, t2=1.5, reduction=None)
    got, slope = gradient(loss, np.array([0, 0]), x)
    p = (1 + 0.5 * np.array([2e4, 1e4])) ** -2.0  # of the far ones, before the sum
    np.testing.assert_allclose(got[0], 2 * (1 - p[0] ** 0.5), rtol=1e-5)
    assert 0 <= got[1] < 1e-6
    np.testing.assert_allclose(slope[0, 0], -(1e4**-2.0), rtol=1e-2)  # (u d)^-2
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("t1", [0.6, 1.0])
def test_infinite_logits(t1, gradient):
    inf = np.inf
    x = [
        [2, -inf, 1],
        [inf, 0, 1],
        [-inf, 2, 1],
        [0, inf, 1],
        [-inf] * 3,
        [inf, inf, 0],
    ]
    loss, y = BiTempered(t1=t1, t2=1.4, reduction=None), np.zeros(6, "int32")
    finite, its = gradient(loss, y[:1], np.array([[2.0, 1.0]]))
    most = 1 / (1 - t1) if t1 < 1 else inf
    for labels in (y, np.eye(3, dtype="float32")[y]):
        got, slope = gradient(loss, labels, np.array(x))
        assert np.isfinite(slope).all()
        np.testing.assert_allclose(got[0], finite[0], rtol=1e-5)
        np.testing.assert_allclose(slope[0], [its[0, 0], 0, its[0, 1]], rtol=1e-4)
        assert got[1] == 0
        np.testing.assert_allclose(got[3], most, rtol=1e-6)
        if t1 == 1:
            assert got[2] == inf and got[4] == inf
        half = np.log(2) if t1 == 1 else (1 - 0.5**0.4) / 0.4
        half = half - 1 / (2 - t1) + 2 * 0.5 ** (2 - t1) / (2 - t1)
        np.testing.assert_allclose(got[5], half, rtol=1e-5)
        assert not slope[1].any() and not slope[3:].any()


@pytest.mark.parametrize("values", [(0.8, 1.2), (1.0, 1.0)])
def test_temperatures_may_move(values, gradient):
    t1, t2 = (Hyperparameter(v, name=n) for v, n in zip(values, "ab", strict=True))
    x = np.concatenate([X[:5], [[1, 0, 2, -np.inf]]])
    got, slope = gradient(BiTempered(t1=t1, t2=t2), IDS, x, compiled=False)
    wanted, its = gradient(BiTempered(t1=values[0], t2=values[1]), IDS, x)
    np.testing.assert_allclose(got, wanted, rtol=1e-5)
    np.testing.assert_allclose(slope, its, rtol=1e-4, atol=1e-7)


def test_ids_out_of_range_are_rejected_masked_or_nan(gradient):
    y = np.where(IDS == 1, 255, IDS)
    got, slope = gradient(BiTempered(), y, X, mask=IDS != 1)
    wanted = gradient(BiTempered(), IDS[IDS != 1], X[IDS != 1])[0]
    np.testing.assert_allclose(got, wanted, rtol=1e-5)
    assert np.isfinite(slope).all() and not slope[IDS == 1].any()
    with pytest.raises(ValueError, match=r"class indices in \[0, 4\); .*holds 255"):
        BiTempered()(y, X)
    if MODE:
        assert np.isnan(gradient(BiTempered(), y, X)[0])


def test_one_class_costs_nothing(gradient):
    loss = BiTempered(label_smoothing=0.1)
    got, slope = gradient(loss, np.zeros(3, "int32"), np.ones((3, 1)))
    assert got == 0 and not slope.any()


BAD = [
    (lambda: BiTempered(t1=1.1), "`t1` must be .*<= 1"),
    (lambda: BiTempered(t1=-0.1), "`t1` must be .*>= 0"),
    (lambda: BiTempered(t2=0.9), "`t2` must be .*>= 1"),
    (lambda: BiTempered(iterations=0), "`iterations` must be a whole number >= 1"),
    (lambda: BiTempered(label_smoothing=1.1), "`label_smoothing` must be"),
    (lambda: BiTempered(from_logits=False), "`from_logits` must be True"),
    (lambda: BiTempered()(ROWS[:, :3], X), "`y_true` must have y_pred's shape"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_values_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
