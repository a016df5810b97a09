import numpy as np
import pytest

import portable_losses as pl

P = np.array([[1.0, -2.0, 0.0], [3.0, 0.5, -0.5]], "float32")


def test_targets_are_ignored():
    loss = pl.PredictionPenalty(l1=0.5, l2=2.0, inverse=0.1, epsilon=0.5)
    value = float(loss(None, P))
    p = P.astype("float64")
    wanted = 0.5 * abs(p).sum(1) + 2 * (p**2).mean(1)
    wanted = wanted + 0.1 * ((abs(p) + 0.5) ** -2.0).mean(1)
    assert value == pytest.approx(wanted.mean(), rel=1e-6)
    for t in (np.zeros(2), np.zeros((2, 7)), np.array([3, 4])):
        assert float(loss(t, P)) == pytest.approx(value)


def test_without_weights_it_is_0(gradient, compiled):
    p = P.copy()
    p[0, 0], p[1, 0] = np.inf, 1e30
    value, slope = gradient(pl.PredictionPenalty(), None, p, compiled=compiled)
    assert value == 0 and not slope.any()


def test_a_prediction_of_0_has_no_gradient(gradient, compiled):
    loss = pl.PredictionPenalty(l1=1.0, inverse=1.0)
    value, slope = gradient(loss, None, np.zeros((1, 1)), compiled=compiled)
    np.testing.assert_allclose(value, 1e16, rtol=1e-5)
    assert slope == 0


@pytest.mark.parametrize("key", ["l1", "l2", "inverse"])
def test_a_hyperparameter_may_start_at_0(key):
    weight = pl.Hyperparameter(0.0)
    loss = pl.PredictionPenalty(**{key: weight}, epsilon=0.1)
    assert float(loss(None, P)) == 0
    weight.assign(2.0)
    fixed = pl.PredictionPenalty(**{key: 2.0}, epsilon=0.1)
    assert float(loss(None, P)) == pytest.approx(float(fixed(None, P)))


def test_masked_elements_are_excluded():
    loss = pl.PredictionPenalty(l1=1.0, l2=1.0, inverse=1.0, epsilon=1.0)
    mask = np.array([[True, True, False], [False, False, False]])
    p = np.where(mask, P, np.nan)
    got, wanted = float(loss(None, p, mask=mask)), float(loss(None, P[:1, :2]))
    assert got == pytest.approx(wanted, rel=1e-6)
    items = pl.PredictionPenalty(l1=1.0, reduction="none")
    np.testing.assert_allclose(np.asarray(items(None, P, [2.0, 0.5])), [6.0, 2.0])


def test_axes_of_space_and_none():
    loss = pl.PredictionPenalty(l1=1.0, l2=1.0, reduction="none")
    maps = np.ones((2, 2, 3, 4), "float32")
    np.testing.assert_allclose(np.asarray(loss(None, maps)), [25.0, 25.0])
    np.testing.assert_allclose(np.asarray(loss(None, P[0])), [2.0, 6.0, 0.0])


def test_weights_out_of_range_are_rejected():
    message = "PredictionPenalty: `l1` must be a finite number >= 0; got l1=-1"
    with pytest.raises(ValueError, match=message):
        pl.PredictionPenalty(l1=-1)
    message = "PredictionPenalty: `epsilon` must be a finite number > 0; got epsilon=0"
    with pytest.raises(ValueError, match=message):
        pl.PredictionPenalty(epsilon=0)
    with pytest.raises(ValueError, match="PredictionPenalty: `sample_weight` must"):
        pl.PredictionPenalty(l1=1.0)(None, P, np.ones((2, 3)))
