"""The sparsemax loss: exact far from 0, 0 where it is right, gradient p - t."""

import functools

import keras
import numpy as np
import pytest

from portable_losses import Sparsemax, ops
from portable_losses.parity import autodiff

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

RNG = np.random.default_rng(8)
X = RNG.normal(size=(6, 4)).astype("float32")
IDS = np.array([0, 3, 1, 1, 2, 0])
ROWS = np.eye(4, dtype="float32")[IDS]
SOFT = RNG.dirichlet(np.ones(4), 6).astype("float32")


@pytest.fixture(name="gradient")
def _gradient(gradient):
    return functools.partial(gradient, compiled=MODE)


def formula(t, x):
    """Martins 2016, with tau by bisection."""
    t, x = np.float64(t), np.float64(x)
    low, high = x.max(axis=-1) - 1, x.max(axis=-1)
    for _ in range(80):
        tau = (low + high) / 2
        large = np.maximum(x - tau[:, None], 0).sum(axis=-1) > 1
        low, high = np.where(large, tau, low), np.where(large, high, tau)
    inside = x > tau[:, None]
    squares = np.where(inside, x**2 - tau[:, None] ** 2, 0).sum(axis=-1)
    return 0.5 * squares + 0.5 * (t**2).sum(axis=-1) - (t * x).sum(axis=-1)


@pytest.mark.parametrize("y", [IDS, SOFT], ids=["ids", "soft"])
def test_the_formula_and_its_gradient(y, gradient):
    t = ROWS if y.ndim == 1 else y
    got, slope = gradient(Sparsemax(reduction=None), y, X)
    np.testing.assert_allclose(got, formula(t, X), rtol=1e-5, atol=1e-6)
    p = np.asarray(ops.convert_to_numpy(ops.sparsemax(X)))
    np.testing.assert_allclose(slope, p - t, atol=1e-6)


def test_a_shift_changes_nothing(gradient):
    wanted, its = gradient(Sparsemax(), SOFT, np.round(64 * X) / 64)
    got, slope = gradient(Sparsemax(), SOFT, np.round(64 * X) / 64 + 1e4)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(slope, its, atol=1e-7)


def test_a_right_class_costs_exactly_0(gradient):
    x = np.array([[1e4, -1e4, 0.0], [2.0, 1.0, 1.0], [1e4, 9999.0, -1e4]])
    loss, y = Sparsemax(reduction=None), np.zeros(3, "int32")
    for labels in (y, np.eye(3, dtype="float32")[y]):
        got, slope = gradient(loss, labels, x)
        assert not got.any() and not slope.any()


def test_a_wrong_class_has_a_gradient(gradient):
    x = np.array([[-1e4, 1e4, 0.0], [0.0, 1.0, 0.0]])  # the second at its threshold
    got, slope = gradient(Sparsemax(reduction=None), [0, 0], x)
    np.testing.assert_allclose(got, [2e4, 1.0], rtol=1e-6)
    np.testing.assert_allclose(slope, [[-1, 1, 0], [-1, 1, 0]])


def test_infinite_logits(gradient):
    inf = np.inf
    x = [
        [0.5, -inf, 0],
        [inf, 0, 1],
        [-inf, 2, 1],
        [0, inf, 1],
        [-inf] * 3,
        [inf, inf, 0],
    ]
    loss, y = Sparsemax(reduction=None), np.zeros(6, "int32")
    for labels in (y, np.eye(3, dtype="float32")[y]):
        got, slope = gradient(loss, labels, np.array(x))
        np.testing.assert_allclose(got, [0.0625, 0, inf, inf, inf, 0.25], rtol=1e-6)
        assert np.isfinite(slope).all()
        np.testing.assert_allclose(slope[0], [-0.25, 0, 0.25], atol=1e-7)
        assert not slope[1].any() and not slope[4:].any()


def test_ids_out_of_range_are_rejected_masked_or_nan(gradient):
    y = np.where(IDS == 1, 255, IDS)
    got, slope = gradient(Sparsemax(), y, X, mask=IDS != 1)
    wanted = gradient(Sparsemax(), IDS[IDS != 1], X[IDS != 1])[0]
    np.testing.assert_allclose(got, wanted, rtol=1e-5)
    assert np.isfinite(slope).all() and not slope[IDS == 1].any()
    with pytest.raises(ValueError, match=r"class indices in \[0, 4\); .*holds 255"):
        Sparsemax()(y, X)
    if MODE:
        assert np.isnan(gradient(Sparsemax(), y, X)[0])


def test_one_class_costs_nothing(gradient):
    got, slope = gradient(Sparsemax(), np.zeros(3, "int32"), np.ones((3, 1)))
    assert got == 0 and not slope.any()


BAD = [
    (lambda: Sparsemax(from_logits=False), "`from_logits` must be True"),
    (lambda: Sparsemax()(ROWS[:, :3], X), "`y_true` must have y_pred's shape"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_values_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_second_derivative_is_that_of_the_projection():
    """diag(S) - S S^T / |S|, for a training that uses it."""
    backend = autodiff.load(keras.config.backend())
    direction = np.float32([[0.3, -1.2, 0.7, 0.4]])
    for x, support in (([0.5, 0.2, -2, 0], [1, 1, 0, 1]), ([3, 0, 0, 0], [1, 0, 0, 0])):

        def item(t, p, weight, mask):
            return Sparsemax(reduction="sum")(t, p)

        s = np.float64(support)
        wanted = direction[0] @ (np.diag(s) - np.outer(s, s) / s.sum()) @ direction[0]
        got = backend.second(item, SOFT[:1], np.float32([x]), direction)
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
