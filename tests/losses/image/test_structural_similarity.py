"""The structural similarities: precision, limits, scales, and what is rejected."""

import re

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses.ops import filters
from portable_losses.parity.cases.image._shared import channel_by_channel, similarity

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)
RNG = np.random.default_rng(0)
T = RNG.uniform(0.1, 0.9, (2, 8, 9, 2)).astype("float32")
P = (T + 0.1 * RNG.normal(size=T.shape)).astype("float32")
SMALL = {"filter_size": 3}
SCALES = {"filter_size": 3, "weights": [0.5, 0.5]}
LOSSES = {
    "StructuralSimilarity": SMALL,
    "MultiScaleStructuralSimilarity": SCALES,
    "MixedStructuralSimilarity": SCALES,
}


def make(name, **more):
    return getattr(portable_losses, name)(**{**LOSSES[name], **more})


def value(loss, *args, **kwargs):
    result = keras.ops.cast(loss(*args, **kwargs), "float32")
    return keras.ops.convert_to_numpy(result)


@pytest.mark.parametrize("name", LOSSES)
def test_equal_images_cost_nothing_and_have_no_gradient(gradient, name):
    for t in (T, 255 * T, np.full_like(T, 200.0)):
        got, slope = gradient(make(name, max_value=255.0), t, t, compiled=MODE)
        assert got == 0
        assert not slope.any()


@pytest.mark.parametrize("name", LOSSES)
def test_the_range_of_the_values_is_that_of_max_value(name):
    wanted = value(make(name), T, P)
    got = value(make(name, max_value=255.0), 255 * T, 255 * P)
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_channels_first_is_channels_last_transposed(gradient, name):
    wanted, slope = gradient(make(name), T, P)
    t, p = (x.transpose(0, 3, 1, 2) for x in (T, P))
    got, slopes = gradient(make(name, data_format="channels_first"), t, p)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(slopes.transpose(0, 2, 3, 1), slope, atol=1e-7)


@pytest.mark.parametrize("name", LOSSES)
def test_the_two_ways_to_filter_agree(gradient, monkeypatch, name):
    wanted, slope = gradient(make(name), T, P)
    monkeypatch.setattr(filters, "_products_are_exact", lambda x: False)
    got, slopes = gradient(make(name), T, P)
    np.testing.assert_allclose(got, wanted, rtol=2e-6)
    np.testing.assert_allclose(slopes, slope, rtol=1e-4, atol=1e-7)


def dissimilarity(t, p):
    luminance, structure = similarity(t, p, 3)
    return 1 - np.mean(luminance * structure)


def test_a_small_contrast_beside_a_large_constant_is_exact():
    # Squares of 200 would be rounded by 1e-3 in float32, twice the constant c2.
    t, p = 200 + 0.05 * T, 200 + 0.05 * P
    wanted = channel_by_channel(dissimilarity)(t, p).mean()
    got = value(make("StructuralSimilarity"), t, p)
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_inputs_are_computed_in_float32(dtype):
    half = keras.ops.cast(255 * P, dtype)
    loss = make("StructuralSimilarity", max_value=255.0)
    wanted = value(loss, 255 * T, keras.ops.cast(half, "float32"))
    np.testing.assert_allclose(value(loss, 255 * T, half), wanted, rtol=1e-6)


def test_pixels_of_8_bits_are_targets():
    t = np.round(255 * T)
    loss = make("StructuralSimilarity", max_value=255.0)
    wanted = value(loss, t, 255 * P)
    assert value(loss, t.astype("uint8"), 255 * P) == wanted


def test_a_target_may_lack_the_axis_of_one_channel():
    loss = make("StructuralSimilarity", reduction=None)
    t, p = T[..., :1], P[..., :1]
    np.testing.assert_array_equal(value(loss, t[..., 0], p), value(loss, t, p))
    first = make("StructuralSimilarity", reduction=None, data_format="channels_first")
    got = value(first, t[..., 0], p.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(got, value(loss, t, p), rtol=1e-6)


def test_a_volume_of_equal_slices_is_their_image():
    # Along the third axis nothing varies, so the window has no effect there.
    t, p = (np.repeat(x[:, None], 8, axis=1) for x in (T, P))
    for name in LOSSES:
        got, wanted = value(make(name), t, p), value(make(name), T, P)
        np.testing.assert_allclose(got, wanted, rtol=2e-6)


def test_a_scale_of_weight_0_has_no_effect():
    one = portable_losses.MultiScaleStructuralSimilarity(filter_size=3, weights=[1.0])
    two = make("MultiScaleStructuralSimilarity", weights=[0.0, 1.0])
    plain = make("StructuralSimilarity", reduction=None)
    np.testing.assert_allclose(value(one, T, P), value(plain, T, P).mean(), rtol=1e-6)
    t, p = (x[:, :8, :8].reshape(2, 4, 2, 4, 2, 2).mean(axis=(2, 4)) for x in (T, P))
    np.testing.assert_allclose(value(two, T, P), value(plain, t, p).mean(), rtol=1e-6)


def test_an_inverted_image_has_a_gradient_in_the_mix_alone(gradient):
    t = np.indices((8, 9)).sum(axis=0) % 2 * np.ones((1, 2, 1, 1), "float32")
    t = t.transpose(0, 2, 3, 1).astype("float32")
    got, slope = gradient(make("MultiScaleStructuralSimilarity"), t, 1 - t)
    assert got == 1
    assert not slope.any()
    got, slope = gradient(make("MixedStructuralSimilarity"), t, 1 - t)
    np.testing.assert_allclose(got, 1.0, rtol=1e-6)
    assert slope.all()


def test_the_mix_lies_between_its_parts():
    ends = [value(make("MixedStructuralSimilarity", alpha=a), T, P) for a in (0, 1)]
    wanted = value(make("MultiScaleStructuralSimilarity"), T, P)
    np.testing.assert_allclose(ends[1], wanted, rtol=1e-6)
    got = value(make("MixedStructuralSimilarity", alpha=0.25), T, P)
    np.testing.assert_allclose(got, 0.75 * ends[0] + 0.25 * ends[1], rtol=1e-6)


@pytest.mark.parametrize("sigma", [0.01, 1e4])
def test_a_filter_of_one_pixel_or_of_all_leaves_the_mean_absolute_error(sigma):
    loss = make("MixedStructuralSimilarity", alpha=0.0, l1_sigma=sigma, max_value=2.0)
    np.testing.assert_allclose(value(loss, T, P), np.abs(P - T).mean() / 2, rtol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_images_of_several_sizes_in_one_training(name):
    # TensorFlow then compiles for an unknown height and width.
    def batches():
        for height in (8, 12, 8):
            yield np.ones((2, height, 9, 1)), np.full((2, height, 9, 1), 0.5)

    model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Identity()])
    model.compile(loss=make(name))
    loss = model.evaluate(batches(), verbose=0, steps=3)
    t, p = np.full((1, 8, 9, 1), 0.5), np.ones((1, 8, 9, 1))
    np.testing.assert_allclose(loss, value(make(name), t, p), rtol=1e-5)


def test_arguments_may_be_hyperparameters():
    for name, number in (("max_value", 2.0), ("filter_sigma", 0.8), ("k2", 0.1)):
        held = portable_losses.Hyperparameter(number)
        for loss in LOSSES:
            wanted = value(make(loss, **{name: number}), T, P)
            got = value(make(loss, **{name: held}), T, P)
            np.testing.assert_allclose(got, wanted, rtol=1e-6)
    held = portable_losses.Hyperparameter([0.5, 0.5])
    got = value(make("MultiScaleStructuralSimilarity", weights=held), T, P)
    wanted = value(make("MultiScaleStructuralSimilarity"), T, P)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


ERRORS = [
    (
        "StructuralSimilarity",
        {"filter_size": 9},
        (T, P),
        "StructuralSimilarity: `filter_size` must be <= 8, the smallest side of the "
        "images; got filter_size=9 (pass a smaller filter_size or larger images).",
    ),
    (
        "MultiScaleStructuralSimilarity",
        {"weights": [0.3, 0.3, 0.4], "data_format": "channels_first"},
        (T.transpose(0, 3, 1, 2), P.transpose(0, 3, 1, 2)),
        "MultiScaleStructuralSimilarity: `y_pred` must be images with sides of at "
        "least 12, which is filter_size * 2^(scales - 1) = 3 * 2^2; got y_pred=an "
        "array of shape (2, 2, 8, 9) (pass larger images, a smaller filter_size or "
        "fewer weights).",
    ),
    (
        "StructuralSimilarity",
        {},
        (T[..., 0], P[..., 0]),
        "StructuralSimilarity: `y_pred` must be images of shape (B, H, W, C) or "
        "volumes of shape (B, D, H, W, C); got y_pred=an array of shape (2, 8, 9) (an "
        "image without channels gets an axis of size 1 for them).",
    ),
    (
        "StructuralSimilarity",
        {},
        (T[..., :1], P),
        "StructuralSimilarity: `y_true` must have y_pred's shape; got y_true of shape "
        "(2, 8, 9, 1) and y_pred of shape (2, 8, 9, 2) (nothing is broadcast; the "
        "channels are the last axis here, which data_format puts first or last).",
    ),
]


@pytest.mark.parametrize(("name", "config", "pair", "message"), ERRORS)
def test_images_that_do_not_fit_are_rejected(name, config, pair, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make(name, **config)(*pair)


@pytest.mark.parametrize(
    ("config", "kind", "message"),
    [
        ({"filter_size": 0}, ValueError, "whole number >= 1; got filter_size=0"),
        ({"filter_size": 3.0}, TypeError, "whole number >= 1; got filter_size=3.0"),
        ({"filter_sigma": 0}, ValueError, "a finite number > 0; got filter_sigma=0"),
        ({"max_value": 0}, ValueError, "a finite number > 0; got max_value=0"),
        ({"k1": 0}, ValueError, "a finite number > 0; got k1=0"),
        ({"alpha": 1.5}, ValueError, ">= 0 and <= 1; got alpha=1.5"),
        ({"weights": []}, ValueError, "a sequence of numbers; got weights=[]"),
        ({"weights": [0.5, -1]}, ValueError, ">= 0; got weights[1]=-1"),
        ({"data_format": "NHWC"}, ValueError, "one of 'channels_first', 'channels_la"),
        ({"from_logits": True}, TypeError, "from_logits"),
    ],
)
def test_bad_arguments_are_rejected(config, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        portable_losses.MixedStructuralSimilarity(**config)
