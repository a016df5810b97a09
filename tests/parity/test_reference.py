import time

import numpy as np
import pytest

import portable_losses
from portable_losses import ops
from portable_losses.parity.case import Case
from portable_losses.parity.inputs import single
from portable_losses.parity.kinds import KINDS
from portable_losses.parity.one_loss import check_loss
from portable_losses.parity.reference import DIRECTIONS, ELEMENTS, expect
from portable_losses.parity.stand_in import references

RNG = np.random.default_rng(3)
T, P = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))


class Weighted(portable_losses.Loss):
    """A weight that is computed from the prediction, and not differentiated."""

    def call(self, y_true, y_pred):
        weight = ops.stop_gradient(ops.exp(y_pred))
        return ops.mean(weight * ops.square(y_pred - y_true), axis=-1)


class WeightedAndMoved(portable_losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.exp(y_pred) * ops.square(y_pred - y_true), axis=-1)


def weighted(y_true, y_pred, frozen):
    return np.mean(np.exp(frozen) * (y_pred - y_true) ** 2, axis=-1)


def test_a_constant_of_the_reference_is_not_moved():
    found = expect(weighted, T, P)
    np.testing.assert_allclose(found.items, weighted(T, P, P))
    wanted = np.exp(P) * 2 * (P - T) / P.size
    np.testing.assert_allclose(found.gradient, wanted, rtol=1e-6)
    np.testing.assert_allclose(found.low, wanted, rtol=1e-4)


def test_a_third_argument_with_a_default_is_the_reference_s_own():
    def scaled(y_true, y_pred, factor=3.0):
        return factor * np.mean((y_pred - y_true) ** 2, axis=-1)

    np.testing.assert_allclose(expect(scaled, T, P).gradient, 6 * (P - T) / P.size)


@pytest.mark.parametrize("loss", [Weighted, WeightedAndMoved])
@pytest.mark.parametrize("reference", [weighted, None], ids=["given", "stand-in"])
def test_a_loss_with_stop_gradient_is_checked(loss, reference):
    # Without a reference of its own each loss is held to what itself keeps constant.
    if reference is None or loss is Weighted:
        check_loss(loss, kind="regression", reference=reference, checks=("gradient",))
        return
    with pytest.raises(AssertionError, match="the gradient at"):
        check_loss(loss, kind="regression", reference=reference, checks=("gradient",))


def test_the_stand_in_keeps_what_the_loss_keeps_constant():
    t, p = single(KINDS["regression"].inputs())
    found, wanted = references(Weighted, {"x": (t, p)})["x"], expect(weighted, t, p)
    np.testing.assert_allclose(found.gradient, wanted.gradient, rtol=1e-6, atol=1e-10)


def test_a_large_input_is_differentiated_at_some_elements_and_along_directions():
    t, p = RNG.normal(size=(2, 3, 200, 100, 3))

    def squared(y_true, y_pred):
        return np.mean((y_pred - y_true) ** 2, axis=(1, 2, 3))

    start = time.perf_counter()
    found = expect(squared, t, p, sampled=True)
    assert time.perf_counter() - start < 60  # of every element: an hour
    wanted = 2 * (p - t) / p.size
    known = np.isfinite(found.gradient)
    assert known.sum() == ELEMENTS and len(found.directions) == DIRECTIONS
    assert (np.isfinite(found.low) == known).all()
    np.testing.assert_allclose(
        found.gradient[known], wanted[known], rtol=1e-3, atol=1e-9
    )
    along = (found.directions * wanted).sum(axis=(1, 2, 3, 4))
    np.testing.assert_allclose(found.along, along, rtol=1e-5)


def test_a_case_draws_as_many_samples_as_it_says():
    drawn = Case(loss="X", draw=KINDS["regression"].draw, reference=None, samples=5)
    assert [len(x) for x in drawn.inputs()] == [5, 5]
    with pytest.raises(ValueError, match="`samples` must be >= 3; got samples=2"):
        Case(loss="X", draw=KINDS["regression"].draw, reference=None, samples=2)
