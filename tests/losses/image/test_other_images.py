"""The limits of the image losses that are no structural similarity."""

import re

import keras
import numpy as np
import pytest

import portable_losses

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)
RNG = np.random.default_rng(0)
T = RNG.uniform(0.1, 0.9, (2, 4, 5, 2)).astype("float32")
P = (T + 0.1 * RNG.normal(size=T.shape)).astype("float32")
GUIDE = RNG.uniform(size=(2, 4, 5, 3)).astype("float32")


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def test_equal_images_have_the_least_psnr_and_no_gradient(gradient):
    for epsilon, wanted in ((1e-12, -120.0), (1e-6, -60.0)):
        loss = portable_losses.PeakSignalToNoise(epsilon=epsilon, max_value=255.0)
        got, slope = gradient(loss, 255 * T, 255 * T, compiled=MODE)
        np.testing.assert_allclose(got, wanted, rtol=1e-6)
        assert not slope.any()


def test_ten_times_the_error_is_20_decibels():
    loss = portable_losses.PeakSignalToNoise(reduction=None)
    near, far = (value(loss, T, T + e) for e in (0.01, 0.1))
    np.testing.assert_allclose(near, -40.0, rtol=1e-5)
    np.testing.assert_allclose(far, -20.0, rtol=1e-5)


def test_the_means_of_the_directions_are_added():
    loss = portable_losses.TotalVariation(reduction=None)
    dy, dx = (np.abs(np.diff(P, axis=a)).mean(axis=(1, 2, 3)) for a in (1, 2))
    np.testing.assert_allclose(value(loss, None, P), dy + dx, rtol=1e-6)
    volume = P[:, None]  # one slice has no neighbor
    np.testing.assert_allclose(value(loss, None, volume), dy + dx, rtol=1e-6)
    np.testing.assert_allclose(value(loss, None, P[:, :1, :1]), 0.0)


def test_the_total_variation_ignores_targets_of_any_shape():
    loss = portable_losses.TotalVariation(norm="l2")
    wanted = value(loss, None, P)
    for t in (T, np.zeros(2), np.zeros((2, 7), "int32"), np.full((2, 1), np.nan)):
        assert value(loss, t, P) == wanted


@pytest.mark.parametrize("order", [1, 2])
def test_without_edges_smoothness_is_a_mean_difference(order):
    loss = portable_losses.EdgeAwareSmoothness(order=order)
    dy, dx = (np.abs(np.diff(P, order, axis=a)).mean() for a in (1, 2))
    np.testing.assert_allclose(value(loss, 0 * GUIDE, P), dy + dx, rtol=1e-5)
    weightless = portable_losses.EdgeAwareSmoothness(order=order, weight=0.0)
    np.testing.assert_allclose(value(weightless, GUIDE, P), dy + dx, rtol=1e-5)


def test_a_slanted_plane_costs_nothing_to_the_second_order(gradient):
    y, x = np.indices((4, 5))
    plane = np.broadcast_to((2.0 * x + y)[None, ..., None], (2, 4, 5, 1))
    loss = portable_losses.EdgeAwareSmoothness(order=2)
    got, slope = gradient(loss, GUIDE, plane)
    assert got == 0
    assert not slope.any()
    narrow = plane[:, :2, :2]  # has no second differences
    assert value(loss, GUIDE[:, :2, :2], narrow) == 0


def test_a_normalized_map_may_have_any_scale(gradient):
    loss = portable_losses.EdgeAwareSmoothness(normalize=True)
    wanted = value(loss, GUIDE, T)
    for scale in (1e-3, 1e3):
        np.testing.assert_allclose(value(loss, GUIDE, scale * T), wanted, rtol=1e-5)
    got, slope = gradient(loss, GUIDE, 0 * T, compiled=MODE)
    assert got == 0
    assert np.isfinite(slope).all()


def test_a_guide_may_lack_the_axis_of_one_channel():
    loss = portable_losses.EdgeAwareSmoothness()
    wanted = value(loss, GUIDE[..., :1], P)
    assert value(loss, GUIDE[..., 0], P) == wanted
    first = portable_losses.EdgeAwareSmoothness(data_format="channels_first")
    got = value(first, GUIDE[..., 0], P.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_without_focus_the_spectrum_costs_the_squared_error(gradient):
    loss = portable_losses.FocalFrequency(alpha=0.0)
    got, slope = gradient(loss, T, P)
    np.testing.assert_allclose(got, np.mean((P - T) ** 2), rtol=1e-5)
    np.testing.assert_allclose(slope, 2 * (P - T) / T.size, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("log_matrix", [False, True])
def test_equal_spectra_cost_nothing(gradient, alpha, log_matrix):
    loss = portable_losses.FocalFrequency(alpha=alpha, log_matrix=log_matrix)
    got, slope = gradient(loss, T, T)
    assert got == 0
    assert not slope.any()


@pytest.mark.parametrize("name", ["FocalFrequency", "EdgeAwareSmoothness"])
def test_images_of_several_sizes_in_one_training(name):
    # TensorFlow then compiles for an unknown height and width.
    def batches():
        for height in (4, 6, 4):
            yield P[:, :height], T[:, :height]

    model = keras.Sequential([keras.Input((None, None, 2)), keras.layers.Identity()])
    loss = getattr(portable_losses, name)()
    model.compile(loss=loss)
    got = model.evaluate(batches(), verbose=0, steps=3)
    np.testing.assert_allclose(got, value(loss, T, P), rtol=1e-5)


ERRORS = [
    (
        "TotalVariation",
        {"norm": "l3"},
        "`norm` must be one of 'l1', 'l2'; got norm='l3' (choose one of these).",
    ),
    (
        "EdgeAwareSmoothness",
        {"order": 3},
        "`order` must be one of 1, 2; got order=3 (choose one of these).",
    ),
    (
        "EdgeAwareSmoothness",
        {"order": True},
        "`order` must be one of 1, 2; got order=True (choose one of these).",
    ),
    ("EdgeAwareSmoothness", {"weight": -1}, "number >= 0; got weight=-1"),
    ("PeakSignalToNoise", {"epsilon": 0}, "number > 0; got epsilon=0"),
    ("FocalFrequency", {"alpha": -0.5}, "number >= 0; got alpha=-0.5"),
]


@pytest.mark.parametrize(("name", "config", "message"), ERRORS)
def test_an_unknown_choice_is_rejected_by_the_list_of_choices(name, config, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(portable_losses, name)(**config)


def test_a_guide_of_another_size_is_rejected():
    message = r"`y_true` must be a guide with y_pred's axes, .* \(2, 4, 4, 3\) and y_pr"
    with pytest.raises(ValueError, match=message):
        portable_losses.EdgeAwareSmoothness()(GUIDE[:, :, :4], P)


def test_a_guide_without_channels_is_rejected():
    loss = portable_losses.EdgeAwareSmoothness()
    with pytest.raises(ValueError, match="of one channel or more"):
        loss(GUIDE[..., :0], P)
