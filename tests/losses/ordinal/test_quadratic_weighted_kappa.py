import keras
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from portable_losses import QuadraticWeightedKappa

RNG = np.random.default_rng(2)
P = RNG.dirichlet(np.ones(4), 12).astype("float32")
Y = RNG.integers(0, 4, 12)


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def test_hard_predictions_have_the_kappa_of_scikit_learn():
    for y, guess in ((Y, RNG.integers(0, 4, 12)), (Y, 3 - Y), (Y, Y)):
        wanted = 1 - cohen_kappa_score(y, guess, labels=range(4), weights="quadratic")
        got = value(QuadraticWeightedKappa(4), y, np.eye(4)[guess])
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-7)


def test_class_indices_are_one_hot_labels_and_logits_are_a_softmax(gradient, compiled):
    wanted, _ = gradient(QuadraticWeightedKappa(4), Y, P, compiled=compiled)
    got, _ = gradient(
        QuadraticWeightedKappa(4, from_logits=True),
        np.eye(4)[Y],
        np.log(P) + 3.0,
        compiled=compiled,
    )
    np.testing.assert_allclose(got, wanted, rtol=1e-5)
    got = value(QuadraticWeightedKappa(4, log=True), Y[:, None], P)
    np.testing.assert_allclose(got, np.log(wanted), rtol=1e-5)


def test_0_over_0_is_0_and_its_logarithm_is_bounded(gradient, compiled):
    one = np.eye(4, dtype="float32")[[2, 2]]
    for p in (one, one[:1]):
        for log, wanted in ((False, 0.0), (True, np.log(1e-7))):
            loss = QuadraticWeightedKappa(4, log=log)
            y = np.full(len(p), 2)
            got, slope = gradient(loss, y, p, compiled=compiled)
            np.testing.assert_allclose(got, wanted, rtol=1e-6)
            assert not slope.any()
    right, slope = gradient(
        QuadraticWeightedKappa(4, log=True), np.arange(4), np.eye(4), compiled=compiled
    )
    np.testing.assert_allclose(right, np.log(1e-7), rtol=1e-6)
    assert not slope.any()


def test_masked_samples_leave_the_batch():
    keep = np.arange(12) % 3 > 0
    broken = np.where(keep[:, None], P, np.nan)
    ids = np.where(keep, Y, 99)
    loss = QuadraticWeightedKappa(4)
    wanted = value(loss, Y[keep], P[keep])
    np.testing.assert_allclose(value(loss, ids, broken, mask=keep), wanted, rtol=1e-5)
    positions = value(loss, Y.reshape(4, 3), P.reshape(4, 3, 4))
    np.testing.assert_allclose(positions, value(loss, Y, P), rtol=1e-6)
    mask = keep.reshape(4, 3)
    got = value(loss, Y.reshape(4, 3), broken.reshape(4, 3, 4), mask=mask)
    np.testing.assert_allclose(got, wanted, rtol=1e-5)
    for one in (loss, QuadraticWeightedKappa(4, log=True)):
        assert value(one, Y, P, mask=np.zeros(12, "bool")) == 0
    np.testing.assert_allclose(
        value(QuadraticWeightedKappa(4, reduction=None), Y, P),
        np.full(12, value(loss, Y, P)),
    )


def test_one_sample_costs_1_and_has_no_gradient(gradient, compiled):
    for y, p in ((Y[:1], P[:1]), (Y, P)):
        mask = np.arange(len(p)) == 0
        loss = QuadraticWeightedKappa(4)
        got, slope = gradient(loss, y, p, mask=mask, compiled=compiled)
        np.testing.assert_allclose(got, 1.0, rtol=1e-6)
        assert not slope.any()


def test_a_nan_stays(gradient, compiled):
    broken = np.where(np.arange(12)[:, None] == 3, np.nan, P)
    for log in (False, True):
        loss = QuadraticWeightedKappa(4, log=log)
        assert np.isnan(gradient(loss, Y, broken, compiled=compiled)[0])


@pytest.mark.parametrize("rank", [-1, 4])
def test_an_index_out_of_range_is_rejected_or_nan(rank, gradient, compiled):
    y = np.array([0, rank, 1])
    if compiled:
        loss = QuadraticWeightedKappa(4)
        assert np.isnan(gradient(loss, y, P[:3], compiled=compiled)[0])
        return
    message = rf"QuadraticWeightedKappa: `y_true` must be class indices .* holds {rank}"
    with pytest.raises(ValueError, match=message):
        QuadraticWeightedKappa(4)(y, P[:3])


ERRORS = [
    (
        lambda: QuadraticWeightedKappa(5)(Y, P),
        "QuadraticWeightedKappa: `num_classes` must be the last axis of y_pred, of "
        "shape (12, 4); got num_classes=5 (give y_pred one entry per class).",
    ),
    (
        lambda: QuadraticWeightedKappa(4)(Y, P, np.ones(12)),
        "QuadraticWeightedKappa: `sample_weight` must be None for a statistic, one "
        "number for the whole batch; got sample_weight=weights of shape (12,) (use "
        "SquaredEarthMover, which has one value per sample).",
    ),
]


@pytest.mark.parametrize(("make", "message"), ERRORS)
def test_messages(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == message


def test_flags_are_flags():
    with pytest.raises(TypeError, match="`log` must be True or False"):
        QuadraticWeightedKappa(4, log=1)
    with pytest.raises(TypeError, match="`from_logits` must be True or False"):
        QuadraticWeightedKappa(4, from_logits="no")
