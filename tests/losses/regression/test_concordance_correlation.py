import keras
import numpy as np
import pytest

import portable_losses as pl

RNG = np.random.default_rng(0)
T = RNG.normal(size=(6, 3)).astype("float32")
P = (T + RNG.normal(size=(6, 3))).astype("float32")
LOSS = pl.ConcordanceCorrelation()
COLUMNS = pl.ConcordanceCorrelation(reduction="none")


def ccc(t, p):
    t, p = t.astype("float64"), p.astype("float64")
    covariance = np.mean((t - t.mean()) * (p - p.mean()))
    return 1 - 2 * covariance / (t.var() + p.var() + (t.mean() - p.mean()) ** 2)


def test_a_statistic_per_column():
    wanted = [ccc(T[:, k], P[:, k]) for k in range(3)]
    np.testing.assert_allclose(np.asarray(COLUMNS(T, P)), wanted, rtol=1e-5)
    assert float(LOSS(T, P)) == pytest.approx(np.mean(wanted), rel=1e-5)
    total = pl.ConcordanceCorrelation(reduction="sum")
    assert float(total(T, P)) == pytest.approx(np.sum(wanted), rel=1e-5)


def test_another_axis_has_items():
    rows = pl.ConcordanceCorrelation(axis=-1, reduction="none")
    wanted = [ccc(t, p) for t, p in zip(T, P, strict=True)]
    np.testing.assert_allclose(np.asarray(rows(T, P)), wanted, rtol=1e-5)
    weight = np.array([1.0, 0.0, 2.0, 1.0, 1.0, 0.5])
    mean = pl.ConcordanceCorrelation(axis=-1)
    value = float(mean(T, P, weight))
    assert value == pytest.approx(np.mean(weight * wanted), rel=1e-5)
    series = pl.ConcordanceCorrelation(axis=1, reduction="none")
    t, p = np.stack([T, P]), np.stack([P, -T])
    wanted = [[ccc(t[i, :, k], p[i, :, k]) for k in range(3)] for i in range(2)]
    np.testing.assert_allclose(np.asarray(series(t, p)), wanted, rtol=1e-5)


def test_constants(gradient, compiled):
    t = np.array([[0.1, 0.1, 1.0, 0.1], [0.1, 0.1, 2.0, 0.1], [0.1, 0.1, 4.0, 0.1]])
    p = np.array([[0.1, 0.3, 0.7, 1.0], [0.1, 0.3, 0.7, 2.0], [0.1, 0.3, 0.7, 5.0]])
    t, p = t.astype("float32"), p.astype("float32")
    value, slope = gradient(COLUMNS, t, p, compiled=compiled)
    np.testing.assert_allclose(value, [0, 1, 1, 1], atol=1e-6)
    np.testing.assert_allclose(slope[:, [0, 1, 3]], 0, atol=1e-6)
    assert (abs(slope[:, 2]) > 1e-2).all()


@pytest.mark.parametrize("shift", [1e4, -3e5])
@pytest.mark.parametrize("unit", [2.0**-83, 1.0, 2.0**83])
def test_neither_the_unit_nor_a_common_offset_matters(gradient, shift, unit):
    # Whole numbers and powers of two, so that the inputs are not rounded.
    t, p = np.round(4 * T) + shift, np.round(4 * P) + shift
    wanted, slopes = gradient(COLUMNS, t - shift, p - shift)
    value, slope = gradient(COLUMNS, t * np.float32(unit), p * np.float32(unit))
    np.testing.assert_allclose(value, wanted, rtol=1e-3)
    np.testing.assert_allclose(slope * unit, slopes, rtol=1e-2, atol=1e-4)


def test_a_match_costs_0_without_gradient(gradient, compiled):
    value, slope = gradient(COLUMNS, T, T, compiled=compiled)
    np.testing.assert_array_equal(value, 0)
    np.testing.assert_array_equal(slope, 0)


def test_a_mask_excludes_samples_elements_and_columns(gradient, compiled):
    which = np.array([True, False, True, True, False, True])
    p = P.copy()
    p[~which] = np.nan
    value, slope = gradient(LOSS, T, p, mask=which, compiled=compiled)
    wanted, slopes = gradient(LOSS, T[which], P[which], compiled=compiled)
    np.testing.assert_allclose(value, wanted, rtol=1e-5)
    np.testing.assert_allclose(slope[which], slopes, rtol=1e-4, atol=1e-6)
    assert not slope[~which].any()
    elements = np.ones((6, 3), "bool")
    elements[[1, 4], 0], elements[:, 2] = False, False
    value = float(LOSS(T, P, mask=elements))
    two = ccc(T[which, 0], P[which, 0]), ccc(T[:, 1], P[:, 1])
    assert value == pytest.approx(np.mean(two), rel=1e-5)
    assert float(LOSS(T, P, mask=np.zeros(6, "bool"))) == 0


def test_masked_steps_leave_the_moments():
    loss = pl.ConcordanceCorrelation(axis=-1, reduction="none")
    mask = np.ones((6, 3), "bool")
    mask[0, 1] = mask[1] = False
    got = np.asarray(loss(T, P, mask=mask))
    assert got[0] == pytest.approx(ccc(T[0, [0, 2]], P[0, [0, 2]]), rel=1e-5)
    assert got[1] == 0
    value = float(pl.ConcordanceCorrelation(axis=-1)(T, P, mask=mask))
    assert value == pytest.approx(got[[0, 2, 3, 4, 5]].mean(), rel=1e-5)


def test_no_samples():
    empty = keras.ops.zeros((0, 3))
    assert float(LOSS(empty, empty)) == 0
    np.testing.assert_array_equal(np.asarray(COLUMNS(empty, empty)), 0)


def test_a_statistic_has_no_weights():
    message = r"ConcordanceCorrelation: `sample_weight` must be None for a statistic.*"
    message += r"\(reduce with axis=-1 to get one value per sample\)"
    with pytest.raises(ValueError, match=message):
        LOSS(T, P, np.ones(6))


def test_axes_count_from_both_ends():
    last = pl.ConcordanceCorrelation(axis=-2)
    assert float(last(T, P)) == float(LOSS(T, P))
    message = "ConcordanceCorrelation: `axis` must be an axis of y_pred.*got axis=2"
    with pytest.raises(ValueError, match=message):
        pl.ConcordanceCorrelation(axis=2)(T, P)


def test_a_mask_of_steps():
    t, p = np.stack([T, P, T]), np.stack([P, -T, P])
    mask = np.ones((3, 6), "bool")
    mask[0, 4:] = mask[2] = False
    items = pl.ConcordanceCorrelation(axis=1, reduction="none")
    got = np.asarray(items(t, p, mask=mask))
    wanted = np.zeros((3, 3))
    for k in range(3):
        wanted[0, k] = ccc(T[:4, k], P[:4, k])
        wanted[1, k] = ccc(P[:, k], -T[:, k])
    np.testing.assert_allclose(got, wanted, rtol=1e-5)
    loss = pl.ConcordanceCorrelation(axis=1)
    assert float(loss(t, p, mask=mask)) == pytest.approx(wanted[:2].mean(), rel=1e-5)
    # Weight 0 counts in the divisor, masked does not.
    value = float(loss(t, p, [1.0, 0.0, 1.0], mask=mask))
    assert value == pytest.approx(wanted[0].sum() / 6, rel=1e-5)
    elements = np.ones((3, 6, 3), "bool")
    elements[2], elements[0, :, 1] = False, False
    rest = items(t, p, mask=elements)
    value = float(loss(t, p, mask=elements))
    assert value == pytest.approx(np.asarray(rest).sum() / 5, rel=1e-5)


def test_weights_of_positions():
    t, p = np.stack([T, P]), np.stack([P, -T])
    loss = pl.ConcordanceCorrelation(axis=-1)
    items = np.array([[ccc(t[i, j], p[i, j]) for j in range(6)] for i in range(2)])
    weight = np.ones((2, 6))
    weight[0, 2] = weight[1] = 0.0
    value = float(loss(t, p, weight))
    assert value == pytest.approx((weight * items).mean(), rel=1e-5)
