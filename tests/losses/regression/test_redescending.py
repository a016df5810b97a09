"""Losses of which an outlier has little or no gradient."""

import math

import numpy as np
import pytest

import portable_losses as pl

R = np.array([0.0, 1e-10, 1e-4, -0.5, 2.5, 5.0, -30.0, 1e3], "float32")
HUGE = np.array([1e8, -1e15, 1e20, 1e38, math.inf], "float32")
ALPHAS = {"Cauchy": 0.0, "GemanMcClure": -2.0, "Welsch": -math.inf}


def each(gradient, loss, r=R, compiled=False):
    return gradient(loss, np.zeros((len(r), 1)), r[:, None], compiled=compiled)


@pytest.mark.parametrize("name", ALPHAS)
def test_special_cases_of_the_general_robust_loss(gradient, name):
    loss = getattr(pl, name)(scale=0.7, reduction="none")
    general = pl.GeneralRobust(alpha=ALPHAS[name], scale=0.7, reduction="none")
    (value, slope), (wanted, slopes) = each(gradient, loss), each(gradient, general)
    np.testing.assert_allclose(value, wanted, rtol=2e-6)
    np.testing.assert_allclose(slope, slopes, rtol=1e-5, atol=1e-6)


SLOPES = {
    "Cauchy": lambda u: u / (1 + u * u / 2),
    "GemanMcClure": lambda u: 16 * u / (u * u + 4) ** 2,
    "Welsch": lambda u: u * np.exp(-u * u / 2),
    "TukeyBiweight": lambda u: np.where(abs(u) < 1, u * (1 - u * u) ** 2, 0.0),
}


@pytest.mark.parametrize("name", SLOPES)
def test_the_gradient_is_exact_far_out(gradient, compiled, name):
    u = np.array([1e-6, 0.5, 0.999, 1.0, 1.001, 2.0, 6.0, 10.0, 1e4], "float32")
    loss = getattr(pl, name)(scale=1.0, reduction="none")
    _, slope = each(gradient, loss, u, compiled)
    wanted = SLOPES[name](u.astype("float64"))
    np.testing.assert_allclose(slope[:, 0], wanted, rtol=1e-4, atol=1e-30)


@pytest.mark.parametrize("name", SLOPES)
def test_huge_residuals_neither_overflow_nor_pull(gradient, compiled, name):
    loss = getattr(pl, name)(scale=2.0, reduction="none")
    value, slope = each(gradient, loss, HUGE, compiled)
    u = HUGE.astype("float64") / 2
    with np.errstate(over="ignore"):
        wanted = {
            "Cauchy": 2 * np.log(abs(u)) - math.log(2),
            "GemanMcClure": np.full(5, 2.0),
            "Welsch": np.ones(5),
            "TukeyBiweight": np.full(5, 4 / 6),
        }[name]
    np.testing.assert_allclose(value, wanted, rtol=2e-6)
    np.testing.assert_allclose(slope, 0.0, atol=2e-8)


def test_tukey_near_0_is_half_the_square(gradient):
    r = np.array([1e-10, 1e-4, -1e-2], "float32")
    value, _ = each(gradient, pl.TukeyBiweight(reduction="none"), r)
    np.testing.assert_allclose(value, r.astype("float64") ** 2 / 2, rtol=1e-5)


@pytest.mark.parametrize("name", SLOPES)
def test_a_hyperparameter_is_used(gradient, name):
    moving = getattr(pl, name)(scale=pl.Hyperparameter(0.3), reduction="none")
    fixed = getattr(pl, name)(scale=0.3, reduction="none")
    for got, wanted in zip(each(gradient, moving), each(gradient, fixed), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-30)


@pytest.mark.parametrize("name", SLOPES)
def test_a_mask_of_elements(name):
    loss = getattr(pl, name)(scale=3.0)
    t, p = [[0.0, np.nan], [0.0, 0.0]], [[2.0, 1.0], [2.0, 2.0]]
    value = float(loss(t, p, mask=[[True, False], [True, True]]))
    assert value == pytest.approx(float(loss([[0.0]], [[2.0]])))


@pytest.mark.parametrize("name", SLOPES)
def test_a_scale_that_is_not_positive_is_rejected(name):
    message = f"{name}: `scale` must be a finite number > 0; got scale=0"
    with pytest.raises(ValueError, match=message):
        getattr(pl, name)(scale=0)
