import keras
import numpy as np
import pytest
from scipy.stats import energy_distance

from portable_losses import SquaredEarthMover

RNG = np.random.default_rng(3)
INF = float("inf")


def items(y, p, **config):
    loss = SquaredEarthMover(reduction=None, **config)
    return keras.ops.convert_to_numpy(loss(y, p))


def test_it_is_half_the_squared_energy_distance():
    t, p = RNG.dirichlet(np.ones(5), (2, 6)).astype("float32")
    places = np.arange(5)
    wanted = [
        0.5 * energy_distance(places, places, *pair) ** 2
        for pair in zip(t, p, strict=True)
    ]
    np.testing.assert_allclose(items(t, p), wanted, rtol=1e-4)


def test_a_class_that_is_d_away_costs_d():
    away = items(np.zeros(5, "int32"), np.eye(5))
    np.testing.assert_allclose(away, np.arange(5))
    np.testing.assert_allclose(items(np.eye(5)[[0] * 5], np.eye(5)), np.arange(5))


def test_logits_are_a_softmax(gradient, compiled):
    z = np.array([[1e4, 0, -1e4], [INF, 0, 1], [-INF, 0, 0], [2, 2, 2]], "float32")
    y = np.array([0, 2, 1, 1])
    loss = SquaredEarthMover(from_logits=True, reduction=None)
    got, slope = gradient(loss, y, z, compiled=compiled)
    np.testing.assert_allclose(got, [0, 2, 0.25, 2 / 9], rtol=1e-6, atol=1e-7)
    assert np.isfinite(slope).all() and slope[2:].any()


def test_positions_and_masks():
    p, y = RNG.dirichlet(np.ones(4), (2, 3)), RNG.integers(0, 4, (2, 3, 1))
    each = items(y, p)
    assert each.shape == (2, 3)
    mask = np.array([[1, 1, 0], [0, 1, 0]], "bool")
    broken = np.where(mask[..., None], p, np.nan)
    got = float(SquaredEarthMover()(y, broken, mask=mask))
    np.testing.assert_allclose(got, each[mask].mean(), rtol=1e-5)


@pytest.mark.parametrize("rank", [-1, 3])
def test_an_index_out_of_range_is_rejected_or_nan(rank, gradient, compiled):
    y, p = np.array([0, rank]), np.full((2, 3), 1 / 3, "float32")
    if compiled:
        loss = SquaredEarthMover(reduction=None)
        got, _ = gradient(loss, y, p, compiled=compiled)
        assert np.isfinite(got[0]) and np.isnan(got[1])
        return
    message = rf"SquaredEarthMover: `y_true` must be class indices .* holds {rank}"
    with pytest.raises(ValueError, match=message):
        SquaredEarthMover()(y, p)


def test_a_missing_class_axis_is_rejected():
    message = (
        r"SquaredEarthMover: `y_pred` must be of shape \(B, ..., C\), with a class"
    )
    with pytest.raises(ValueError, match=message):
        SquaredEarthMover()([1, 0, 0], [0.5, 0.5, 0.0])
