"""The centerline Dice loss: its two parts, thin and broken lines, ties."""

import keras
import numpy as np
import pytest

import portable_losses as pl

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

rng = np.random.default_rng(0)
T = (rng.uniform(size=(2, 6, 5, 1)) < 0.4).astype("float32")
P = rng.uniform(size=T.shape).astype("float32")


def value(loss, *args):
    return float(loss(*args))


def test_without_centerlines_it_is_the_dice_loss():
    loss = pl.CenterlineDice(weight=0.0, iterations=0)
    wanted = value(pl.SoftDice(smooth=1.0), T, P)
    np.testing.assert_allclose(value(loss, T, P), wanted, rtol=1e-6)


def test_a_gap_costs_more_than_a_thin_line():
    t = np.zeros((1, 9, 20, 1), "float32")
    t[:, 3:6] = 1.0
    thin, gap = t.copy(), t.copy()
    thin[:, 3], thin[:, 5] = 0.0, 0.0  # 40 of 60 pixels are missed
    gap[:, :, 8:12] = 0.0  # 12 are
    dice, lines = pl.SoftDice(), pl.CenterlineDice(weight=1.0)
    assert float(dice(t, thin)) > float(dice(t, gap))
    assert float(lines(t, thin)) == 0 < 0.05 < float(lines(t, gap))


@pytest.mark.parametrize("space", [(1, 30), (30, 1, 1)])
def test_an_axis_of_size_1_changes_nothing(space):
    loss = pl.CenterlineDice(iterations=1)
    wanted = value(loss, T.reshape(2, 30, 1), P.reshape(2, 30, 1))
    got = value(loss, T.reshape(2, *space, 1), P.reshape(2, *space, 1))
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_a_volume_is_thinned_along_three_axes():
    # A rod of 3 x 3 pixels without ends: one erosion leaves the line in its middle.
    t = np.zeros((1, 5, 5, 3, 1), "float32")
    t[:, 1:4, 1:4] = 1.0
    line, beside = np.zeros_like(t), np.zeros_like(t)
    line[:, 2, 2] = beside[:, 1, 1] = 1.0
    loss = pl.CenterlineDice(weight=1.0, iterations=1)
    assert value(loss, t, t) == 0 == value(loss, t, line)
    # s(t) is the line of 3 pixels, none of which is there: P = 1, R = 1 / 4
    np.testing.assert_allclose(value(loss, t, beside), 0.6, rtol=1e-6)


@pytest.mark.parametrize("axis", [1, 2])
def test_the_gradient_is_mirrored_with_the_image(gradient, axis):
    # Of equal pixels none comes first.
    p = np.round(4 * P) / 4
    loss = pl.CenterlineDice(iterations=1)
    _, grad = gradient(loss, T, p, compiled=MODE)
    flipped = np.flip(T, axis), np.flip(p, axis)
    _, mirrored = gradient(loss, *flipped, compiled=MODE)
    np.testing.assert_allclose(np.flip(mirrored, axis), grad, rtol=1e-4, atol=1e-7)


def test_without_smooth_an_empty_mask_costs_0_and_a_missed_line_1(gradient):
    line = np.zeros((1, 5, 6, 1), "float32")
    line[:, 2] = 1.0
    loss = pl.CenterlineDice(smooth=0.0, iterations=1)
    assert float(loss(0 * line, 0 * line)) == 0
    assert float(loss(line, line)) == 0
    got, grad = gradient(loss, line, 0 * line, compiled=MODE)
    np.testing.assert_allclose(got, 1.0, rtol=1e-6)
    assert (grad[:, 2] < -0.1).all()


def test_ignored_pixels_are_empty_in_skeletons(gradient):
    out = rng.uniform(size=(2, 6, 5, 1)) < 0.3
    loss = pl.CenterlineDice(iterations=1, ignore_class=255)
    t, p = np.where(out, 255, T).astype("int32"), np.where(out, np.nan, P)
    got, grad = gradient(loss, t, p, compiled=MODE)
    zeros = np.where(out, 0.0, T), np.where(out, 0.0, P)
    wanted, wanted_grad = gradient(
        pl.CenterlineDice(iterations=1), *zeros, compiled=MODE
    )
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(grad[~out], wanted_grad[~out], rtol=1e-4, atol=1e-7)
    assert not grad[out].any()
