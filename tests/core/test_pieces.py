"""A large batch is computed piece by piece on torch, with the same items."""

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses.core import pieces
from portable_losses.parity import autodiff
from portable_losses.parity.cases import families
from portable_losses.parity.inputs import keep
from portable_losses.parity.lane import Lane

CASES = [case for cases in families().values() for case in cases]
pytestmark = pytest.mark.skipif(
    not pieces.IN_PIECES, reason="a batch is computed as a whole on this backend"
)


@pytest.fixture(name="cut")
def _cut(monkeypatch):
    """Cut every batch into its samples, and count the pieces."""
    found = []

    def counted(x, rows):
        found.extend(made := original(x, rows))
        return made

    original = pieces._pieces
    monkeypatch.setattr(pieces, "_pieces", counted)
    monkeypatch.setattr(pieces, "LARGE", 1)
    monkeypatch.setattr(pieces, "PIECE", 1)
    return found


def apart(case):
    return getattr(portable_losses, case.loss)(**case.config)._samples_apart()


@pytest.mark.parametrize("case", list(filter(apart, CASES)), ids=lambda case: case.id)
def test_the_items_are_those_of_the_whole_batch(case, cut, monkeypatch):
    lane = Lane(case, getattr(portable_losses, case.loss), autodiff.load("torch"))
    t, p = lane.inputs("drawn")
    weight = np.linspace(0.0, 2.0, len(p)).astype("float32")
    for more in ({}, {"weight": weight, "mask": keep(len(p)), "reduction": "sum"}):
        found = lane.run(t, p, **more)
        assert cut
        with monkeypatch.context() as patch:
            patch.setattr(pieces, "IN_PIECES", False)
            whole = lane.run(t, p, **more)
        for name in ("value", "gradient"):
            a, b = getattr(found, name), getattr(whole, name)
            np.testing.assert_allclose(a, b, 1e-6, 1e-7 * np.abs(b).max())
        cut.clear()


def test_losses_that_couple_samples_see_the_whole_batch(cut):
    coupled = [case for case in CASES if not apart(case)]
    assert {"CLIP", "ConcordanceCorrelation", "BarlowTwins"} < {c.loss for c in coupled}
    t = np.eye(3, dtype="float32")[np.zeros((4, 5), int)]
    for loss in (
        portable_losses.SoftDice(per="batch"),
        portable_losses.ConcordanceCorrelation(),
    ):
        loss(t, 0.2 * t + 0.1)
    assert not cut
    assert len(CASES) > 2 * len(coupled)


class Users(portable_losses.Loss):
    """Couples samples without `kept`, which nothing forbids."""

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_pred - keras.ops.mean(y_pred, 0)), -1)


class Widened(portable_losses.SoftDice):
    """Of a user, though its `call` is ours."""


def test_a_loss_of_a_user_sees_the_whole_batch(cut):
    p = np.random.default_rng(0).random((4, 3)).astype("float32")
    expected = np.mean(np.abs(p - p.mean(0)))
    np.testing.assert_allclose(float(Users()(p, p)), expected, rtol=1e-6)
    Widened()(p[:, None], p[:, None])
    assert not cut


def test_pieces_have_a_bounded_size(cut, monkeypatch):
    monkeypatch.setattr(pieces, "LARGE", 100)
    monkeypatch.setattr(pieces, "PIECE", 60)
    x = np.ones((20, 10), "float32")
    portable_losses.Huber()(x[:10], x[:10])
    assert not cut
    portable_losses.Huber()(x, x)
    assert [piece.y_pred.shape[0] for piece in cut] == [6, 6, 6, 2]


def test_positions_of_a_large_sample_are_cut(cut, monkeypatch):
    rng = np.random.default_rng(0)
    t, p = rng.integers(0, 5, (2, 3)), rng.normal(size=(2, 3, 5)).astype("float32")
    mask = np.array([[True, False, True], [True, True, True]])
    for target in (t, np.eye(5, dtype="float32")[t]):
        loss = portable_losses.PolyCrossentropy(from_logits=True, reduction=None)
        found = keras.ops.convert_to_numpy(loss(target, p, None, mask))
        assert [tuple(piece.y_pred.shape) for piece in cut] == 6 * [(1, 5)]
        with monkeypatch.context() as patch:
            patch.setattr(pieces, "IN_PIECES", False)
            whole = keras.ops.convert_to_numpy(loss(target, p, None, mask))
        assert found.shape == (2, 3) and found[0, 1] == 0
        np.testing.assert_allclose(found, whole, rtol=1e-6)
        cut.clear()


def test_a_second_derivative_goes_through_the_pieces(cut):
    loss = portable_losses.LogCosh()
    p = keras.ops.convert_to_tensor([[0.3, -0.2], [1.0, 2.0]])
    p.requires_grad_()
    torch = pytest.importorskip("torch")
    value = loss(keras.ops.zeros_like(p), p)
    (gradient,) = torch.autograd.grad(value, p, create_graph=True)
    gradient.sum().backward()
    expected = 1 / np.cosh([[0.3, -0.2], [1.0, 2.0]]) ** 2 / 4
    np.testing.assert_allclose(p.grad.numpy(), expected, rtol=1e-5)
    assert len(cut) == 2
