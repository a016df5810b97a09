"""The centerline Dice loss: its two parts, thin and broken lines, ties."""

import keras
import numpy as np
import pytest

import portable_losses as pl

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

rng = np.random.default_rng(0)
T = (rng.uniform(size=(2, 6, 5, 1)) < 0.4).astype("float32")
P = rng.uniform(size=T.shape).astype("float32")


def test_without_centerlines_it_is_the_dice_loss(gradient):
    loss, dice = pl.CenterlineDice(weight=0.0), pl.SoftDice(smooth=1.0)
    got, grad = gradient(loss, T, P, compiled=MODE)
    wanted, wanted_grad = gradient(dice, T, P, compiled=MODE)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(grad, wanted_grad, rtol=1e-4, atol=1e-7)


def test_a_gap_costs_more_than_a_thin_line():
    t = np.zeros((1, 9, 20, 1), "float32")
    t[:, 3:6] = 1.0
    thin, gap = t.copy(), t.copy()
    thin[:, 3], thin[:, 5] = 0.0, 0.0  # 40 of 60 pixels are missed
    gap[:, :, 8:12] = 0.0  # 12 are
    dice, lines = pl.SoftDice(), pl.CenterlineDice(weight=1.0)
    assert float(dice(t, thin)) > float(dice(t, gap))
    assert float(lines(t, thin)) == 0 < 0.05 < float(lines(t, gap))


def test_an_axis_of_size_1_changes_nothing():
    t, p = T.reshape(2, 30, 1), P.reshape(2, 30, 1)
    wanted = float(pl.CenterlineDice()(t, p))
    for space in ((1, 30), (30, 1), (1, 30, 1)):
        got = float(
            pl.CenterlineDice()(t.reshape(2, *space, 1), p.reshape(2, *space, 1))
        )
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_a_volume_is_thinned_along_three_axes():
    # A rod of 3 x 3 pixels: one erosion leaves the line in its middle.
    t = np.zeros((1, 5, 5, 9, 1), "float32")
    t[:, 1:4, 1:4] = 1.0
    line = np.zeros_like(t)
    line[:, 2, 2] = 1.0
    # s(t) = s(p) = p is that line, but for the corners that an opening removes.
    assert float(pl.CenterlineDice(weight=1.0)(t, t)) == 0
    assert float(pl.CenterlineDice(weight=1.0)(t, line)) < 0.6
    assert float(pl.CenterlineDice(weight=1.0, iterations=0)(t, 0 * t)) >= 0


@pytest.mark.parametrize("axis", [1, 2])
def test_the_gradient_is_mirrored_with_the_image(gradient, axis):
    # Of equal pixels none comes first.
    p = np.round(4 * P) / 4
    _, grad = gradient(pl.CenterlineDice(), T, p, compiled=MODE)
    _, mirrored = gradient(
        pl.CenterlineDice(), np.flip(T, axis), np.flip(p, axis), compiled=MODE
    )
    np.testing.assert_allclose(np.flip(mirrored, axis), grad, rtol=1e-4, atol=1e-7)


def test_without_smooth_an_empty_mask_costs_0_and_a_missed_line_1(gradient):
    line = np.zeros((1, 5, 6, 1), "float32")
    line[:, 2] = 1.0
    loss = pl.CenterlineDice(smooth=0.0)
    assert float(loss(0 * line, 0 * line)) == 0
    assert float(loss(line, line)) == 0
    got, grad = gradient(loss, line, 0 * line, compiled=MODE)
    np.testing.assert_allclose(got, 1.0, rtol=1e-6)
    assert (grad[:, 2] < -0.1).all()


@pytest.mark.parametrize("how", ["mask", "ids"])
def test_masked_pixels_are_empty_in_skeletons(gradient, how):
    t = T.astype("int32")
    out = rng.uniform(size=(2, 6, 5)) < 0.3
    p = P.copy()
    p[out] = np.nan
    if how == "mask":
        got, grad = gradient(pl.CenterlineDice(), t, p, mask=~out, compiled=MODE)
    else:
        t = np.where(out[..., None], 255, t)
        loss = pl.CenterlineDice(ignore_class=255)
        got, grad = gradient(loss, t, p, compiled=MODE)
    # Without smooth and complement, sums of zeros are as good as no pixels.
    zeros = np.where(out[..., None], 0.0, T), np.where(out[..., None], 0.0, P)
    wanted, wanted_grad = gradient(pl.CenterlineDice(), *zeros, compiled=MODE)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(grad[~out], wanted_grad[~out], rtol=1e-4, atol=1e-7)
    assert not grad[out].any()
