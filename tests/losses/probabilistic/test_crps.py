"""The two continuous ranked probability scores."""

import numpy as np
import pytest
from scipy import integrate, stats

import portable_losses as pl

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("r", "s"), [(0.0, 0.0), (1.0, 0.5), (-5.0, -1.0), (0.3, 2.0)])
def test_the_gaussian_score_is_the_integral_of_the_brier_score(r, s):
    scale = np.exp(s)

    def distance(x):
        return (stats.norm.cdf(x, r, scale) - (x >= 0)) ** 2

    sides = (min(0, r) - 12 * scale, 0.0), (0.0, max(0, r) + 12 * scale)
    wanted = sum(integrate.quad(distance, *side, limit=200)[0] for side in sides)
    got = float(pl.GaussianCRPS()([[0.0]], [[r, s]]))
    assert got == pytest.approx(wanted, rel=1e-6)


def test_a_gaussian_score_at_extremes(gradient):
    p = [[0, -1e4], [1, -1e4], [-1e4, 0], [1e-30, -1e4], [40, 0], [39.9, 0], [0, 80]]
    loss = pl.GaussianCRPS(reduction=None)
    value, slope = gradient(loss, np.zeros((7, 1)), np.float32(p))
    spread = 1 / np.sqrt(np.pi)
    least = (np.sqrt(2) - 1) * spread * np.exp(80.0)
    wanted = [0, 1, 1e4 - spread, 1e-30, 40 - spread, np.float32(39.9) - spread, least]
    np.testing.assert_allclose(value, wanted, rtol=1e-6)
    np.testing.assert_allclose(slope[:, 0], [0, 1, -1, 1, 1, 1, 0], rtol=1e-6)
    in_s = [0, 0, -spread, 0, -spread, -spread, least]
    np.testing.assert_allclose(slope[:, 1], in_s, rtol=1e-6)


def test_the_score_of_many_draws_is_that_of_their_distribution():
    x = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)
    for loss in (pl.EnsembleCRPS(fair=True), pl.EnsembleCRPS(fair=False)):
        got = float(loss([0.7], 1.5 * x[None]))
        wanted = float(pl.GaussianCRPS()([[0.7]], [[0.0, np.log(1.5)]]))
        assert got == pytest.approx(wanted, rel=1e-3)


def test_one_member_that_is_not_fair_is_the_absolute_error(gradient):
    t, p = RNG.normal(size=4), RNG.normal(size=(4, 1))
    got = gradient(pl.EnsembleCRPS(fair=False), t, p)
    wanted = gradient(pl.MeanAbsoluteError(), t[:, None], p)
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_equal_members_share_the_weights_of_their_ranks(gradient):
    t = np.array([0.0, 0.0, 5.0])
    p = np.array([[1.0, 1, 2, 1], [3, 3, 3, 3], [1, 7, 7, 1]])
    loss = pl.EnsembleCRPS(reduction=None)
    value, slope = gradient(loss, t, p)
    np.testing.assert_allclose(value, [5 / 4 - 3 / 12, 3, 3 - 24 / 12], rtol=1e-6)
    wanted = [[1 / 3, 1 / 3, 0, 1 / 3], [1 / 4] * 4]
    wanted += [[-1 / 4 + 1 / 6, 1 / 4 - 1 / 6, 1 / 4 - 1 / 6, -1 / 4 + 1 / 6]]
    np.testing.assert_allclose(slope, wanted, atol=1e-6)


def test_a_nan_member_is_seen():
    p = np.array([[1.0, np.nan, 2.0], [1.0, 2.0, 3.0]])
    items = np.asarray(pl.EnsembleCRPS(reduction=None)([0.0, 0.0], p))
    assert np.isnan(items).tolist() == [True, False]


def test_a_fair_score_needs_two_members():
    message = (
        r"EnsembleCRPS: `y_pred` must be of shape \(\.\.\., M\) with M >= 2 members; "
        r"got y_pred=a tensor of shape \(4, 1\) \(predict more members, or pass "
        r"fair=False\)"
    )
    with pytest.raises(ValueError, match=message):
        pl.EnsembleCRPS()(np.zeros(4), np.zeros((4, 1)))


@pytest.mark.parametrize("shape", [(4, 2), (4, 2, 1)])
def test_an_ensemble_for_each_position(shape):
    t, p = RNG.normal(size=shape), RNG.normal(size=(4, 2, 5))
    items = np.asarray(pl.EnsembleCRPS(reduction=None)(t, p))
    assert items.shape == (4, 2)
    weight = np.array([1.0, 0.0, 2.0, 0.5])
    got = float(pl.EnsembleCRPS()(t, p, weight))
    np.testing.assert_allclose(got, (items * weight[:, None]).mean(), rtol=1e-5)
