import numpy as np
import pytest

import portable_losses as pl

T = np.array([[[1.0, 2.0], [0.0, 4.0]], [[3.0, -1.0], [0.0, 0.0]]], "float32")
P = np.array([[[2.0, 2.0], [9.0, 1.0]], [[3.0, 1.0], [5.0, 7.0]]], "float32")


def silog(d, weight):
    return np.mean(np.square(d)) - weight * np.mean(d) ** 2


def test_a_common_factor_costs_nothing_at_a_weight_of_1(gradient, compiled):
    t = np.array([[[1, 2], [3, 9]], [[0.5, 1e4], [1e-3, 1]]], "float32")
    loss = pl.ScaleInvariantLog(variance_weight=1.0)
    value, slope = gradient(loss, t, 7 * t, compiled=compiled)
    assert 0 <= value < 1e-11
    np.testing.assert_allclose(slope * t, 0, atol=1e-6)
    plain = pl.ScaleInvariantLog(variance_weight=0.0)
    assert float(plain(t, 7 * t)) == pytest.approx(np.log(7) ** 2, rel=1e-5)


def test_unknown_depths_are_excluded(gradient, compiled):
    p = P.copy()
    p[T <= 0] = np.nan
    loss = pl.ScaleInvariantLog()
    value, slope = gradient(loss, T, p, compiled=compiled)
    d = np.log([2.0, 1.0, 0.25])
    np.testing.assert_allclose(value, (silog(d, 0.5) + 0) / 2, rtol=1e-5)
    assert not slope[T <= 0].any()
    t = np.where(T <= 0, np.nan, T)
    assert np.isnan(gradient(loss, t, P, compiled=compiled)[0])
    one = gradient(loss, t, P, np.array([0.0, 0.0], "float32"), compiled=compiled)
    assert one[0] == 0 and not one[1].any()


def test_a_sample_without_depths_is_excluded_from_the_mean():
    loss, t = pl.ScaleInvariantLog(variance_weight=1.0), T.copy()
    t[1] = 0
    wanted = silog(np.log([2.0, 1.0, 0.25]), 1.0)
    assert float(loss(t, P)) == pytest.approx(wanted, rel=1e-5)
    assert float(loss(0 * T, P)) == 0


def test_a_prediction_below_epsilon_has_no_gradient(gradient, compiled):
    t = np.ones((2, 2, 2), "float32")
    p = np.array([[[1e-3, -5.0], [1.0, 1.0]]] * 2, "float32")
    loss = pl.ScaleInvariantLog(variance_weight=0.0, epsilon=1e-2)
    value, slope = gradient(loss, t, p, compiled=compiled)
    np.testing.assert_allclose(value, np.log(1e-2) ** 2 / 2, rtol=1e-5)
    np.testing.assert_array_equal(slope[:, 0], 0)


def test_masks_and_weights_of_samples():
    loss = pl.ScaleInvariantLog(variance_weight=1.0)
    mask = np.ones((2, 2, 2), "bool")
    mask[0, 0, 1] = False
    value = float(loss(T[..., None], P[..., None], mask=mask))
    assert value == pytest.approx(silog(np.log([2.0, 0.25]), 1.0) / 2, rel=1e-5)
    one = silog(np.log([2.0, 1.0, 0.25]), 1.0)
    assert float(loss(T, P, [3.0, 0.0])) == pytest.approx(3 * one / 2, rel=1e-5)
    with pytest.raises(ValueError, match="ScaleInvariantLog: `sample_weight` must"):
        loss(T, P, np.ones((2, 2, 2)))


def test_a_vector_has_one_element_per_sample():
    loss = pl.ScaleInvariantLog(variance_weight=0.0)
    value = float(loss(np.array([1.0, 0.0]), np.array([np.e, 5.0])))
    assert value == pytest.approx(1.0, rel=1e-5)


def test_arguments_out_of_range_are_rejected():
    message = "`variance_weight` must be a finite number >= 0 and <= 1; got variance"
    with pytest.raises(ValueError, match="ScaleInvariantLog: " + message):
        pl.ScaleInvariantLog(variance_weight=1.1)
    message = "ScaleInvariantLog: `epsilon` must be a finite number > 0; got epsilon=0"
    with pytest.raises(ValueError, match=message):
        pl.ScaleInvariantLog(epsilon=0)
