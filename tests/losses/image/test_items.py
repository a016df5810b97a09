"""What every image loss does with masks, weights, shapes and the data format."""

import keras
import numpy as np
import pytest

import portable_losses

T = np.random.default_rng(0).uniform(0.1, 0.9, (3, 4, 5, 2)).astype("float32")
P = T[:, ::-1] ** 2
CONFIGS = {
    "EdgeAwareSmoothness": {},
    "FocalFrequency": {},
    "MixedStructuralSimilarity": {"filter_size": 2, "weights": [0.5, 0.5]},
    "MultiScaleStructuralSimilarity": {"filter_size": 2, "weights": [0.5, 0.5]},
    "PeakSignalToNoise": {},
    "StructuralSimilarity": {"filter_size": 2},
    "TotalVariation": {},
}
PIXELS = np.ones((3, 4, 5), "float32")


def make(name, **more):
    return getattr(portable_losses, name)(**{**CONFIGS[name], **more})


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


@pytest.mark.parametrize("name", CONFIGS)
def test_an_item_is_a_sample(name):
    items = value(make(name, reduction=None), T, P)
    assert items.shape == (3,)
    weights = np.array([2.0, 0.0, 1.0], "float32")
    for form in (weights, weights[:, None], weights[:, None, None, None]):
        np.testing.assert_allclose(
            value(make(name, reduction=None), T, P, form), weights * items, rtol=1e-6
        )


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("argument", ["mask", "sample_weight"])
def test_one_per_pixel_has_no_meaning(name, argument):
    message = rf"{name}: `{argument}` must have the leading axes of the items; got "
    message += rf"{argument} of shape \(3, 4, 5\) and items of shape \(3,\) \(pass one"
    with pytest.raises(ValueError, match=message):
        make(name)(T, P, **{argument: PIXELS})


@pytest.mark.parametrize("name", CONFIGS)
def test_channels_first_is_honored(name):
    wanted = value(make(name, reduction=None), T, P)
    t, p = (x.transpose(0, 3, 1, 2) for x in (T, P))
    got = value(make(name, reduction=None, data_format="channels_first"), t, p)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        loss = make(name, reduction=None)
    finally:
        keras.config.set_image_data_format(before)
    assert loss.get_config()["data_format"] == "channels_first"
    np.testing.assert_allclose(value(loss, t, p), wanted, rtol=1e-6)


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 5), (3, 1, 1, 4, 5, 2)])
def test_what_is_no_image_is_rejected(name, shape):
    x = np.ones(shape, "float32")
    message = rf"{name}: `y_pred` must be images of shape \(B, H, W, C\).*; got "
    with pytest.raises(ValueError, match=message):
        make(name)(x, x)


@pytest.mark.parametrize("name", CONFIGS)
def test_no_samples_cost_nothing(name):
    assert value(make(name), T[:0], P[:0]) == 0
    assert value(make(name, reduction=None), T[:0], P[:0]).shape == (0,)


@pytest.mark.parametrize("name", sorted(set(CONFIGS) - {"TotalVariation"}))
def test_targets_are_needed(name):
    with pytest.raises(TypeError, match=rf"{name}: `y_true` must be one tensor"):
        make(name)(None, P)
