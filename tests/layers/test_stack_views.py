"""`StackViews`: what it makes, and that its weights are learned, saved and bounded."""

import json
import math

import keras
import numpy as np
import pytest

import portable_losses as pl

rng = np.random.default_rng(0)
A, B = rng.normal(size=(2, 6, 4)).astype("float32")
VIEWS = np.stack([A, B], axis=1)


def array(x):
    return keras.ops.convert_to_numpy(x)


def test_it_stacks_directions():
    found = array(pl.StackViews()([A, B]))
    wanted = VIEWS / np.linalg.norm(VIEWS, axis=-1, keepdims=True)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    np.testing.assert_array_equal(array(pl.StackViews(normalize=False)([A, B])), VIEWS)
    assert array(pl.StackViews()([A, B, A])).shape == (6, 3, 4)
    assert not array(pl.StackViews()([A, 0 * B]))[:, 1].any()


@pytest.mark.parametrize("cls", [pl.InfoNCE, pl.NTXent, pl.CLIP])
@pytest.mark.parametrize("learn", [False, True])
def test_a_temperature_is_that_of_the_loss(cls, learn):
    stack = pl.StackViews(temperature=0.2, learn_temperature=learn)
    got = array(cls(temperature=1.0, normalize=False)(None, stack([A, B])))
    wanted = array(cls(temperature=0.2)(None, VIEWS))
    assert got == pytest.approx(wanted, rel=1e-5)


def test_a_bias_is_that_of_siglip():
    stack = pl.StackViews(temperature=0.25, learn_temperature=True, bias=-3.0)
    plain = pl.SigLIP(scale=1.0, bias=0.0, normalize=False)
    views = stack([A, B])
    assert tuple(views.shape) == (6, 2, 5)
    wanted = array(pl.SigLIP(scale=4.0, bias=-3.0)(None, VIEWS))
    assert array(plain(None, views)) == pytest.approx(wanted, rel=1e-5)


def test_the_learned_temperature_begins_where_clip_does():
    stack = pl.StackViews(learn_temperature=True)
    got = array(pl.CLIP(temperature=1.0, normalize=False)(None, stack([A, B])))
    assert got == pytest.approx(array(pl.CLIP()(None, VIEWS)), rel=1e-5)
    (weight,) = stack.trainable_weights
    assert float(weight) == pytest.approx(-math.log(0.07), rel=1e-6)
    assert weight is stack.log_inverse_temperature


def test_what_is_not_learned_is_no_weight():
    for layer in (pl.StackViews(), pl.StackViews(temperature=0.2)):
        layer([A, B])
        assert layer.weights == []
    layer = pl.StackViews(bias=-3.0)
    layer([A, B])
    assert [float(w) for w in layer.trainable_weights] == [-3.0]


def model(stack, loss, rate=0.1, optimizer=keras.optimizers.SGD):
    images, texts = keras.Input((4,)), keras.Input((4,))
    encoded = keras.layers.Dense(3)(images), keras.layers.Dense(3)(texts)
    made = keras.Model([images, texts], stack(list(encoded)))
    made.compile(optimizer(rate), loss=loss)
    return made


def fit(made, epochs=2):
    # A loss of views needs no targets.
    shown = made.fit([A, B], batch_size=6, epochs=epochs, shuffle=False, verbose=0)
    return shown.history["loss"]


def test_it_learns_and_goes_on_after_loading(tmp_path):
    keras.utils.set_random_seed(0)
    stack = pl.StackViews(
        temperature=0.1, learn_temperature=True, bias=-10.0, name="stack"
    )
    loss = pl.SigLIP(scale=1.0, bias=0.0, normalize=False)
    trained = model(stack, loss)
    first = [float(w) for w in stack.trainable_weights]
    losses = fit(trained)
    assert losses[1] < losses[0]
    learned = [float(w) for w in stack.trainable_weights]
    assert all(a != b for a, b in zip(first, learned, strict=True))

    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    found = [float(w) for w in loaded.get_layer("stack").trainable_weights]
    assert found == learned
    np.testing.assert_array_equal(
        loaded.predict([A, B], verbose=0), trained.predict([A, B], verbose=0)
    )
    np.testing.assert_allclose(fit(loaded), fit(trained), rtol=1e-5)


def test_the_temperature_is_kept_at_a_hundredth_or_more():
    stack = pl.StackViews(temperature=0.011, learn_temperature=True)
    # Equal views: the lower the temperature, the lower the loss.
    keras.utils.set_random_seed(0)
    images = keras.Input((4,))
    made = keras.Model(images, stack([images, images]))
    loss = pl.CLIP(temperature=1.0, normalize=False)
    made.compile(keras.optimizers.Adam(0.5), loss=loss)
    close = np.ones((6, 4)) + 0.05 * A
    made.fit(close, np.zeros(6), batch_size=6, epochs=3, verbose=0)
    assert float(stack.log_inverse_temperature) == pytest.approx(math.log(100.0))
    assert float(stack.log_inverse_temperature) <= math.log(100.0) + 1e-6


def test_a_weight_that_went_too_far_comes_back():
    stack = pl.StackViews(learn_temperature=True)
    loss = pl.CLIP(temperature=1.0, normalize=False)
    stack([A, B])
    stack.log_inverse_temperature.assign(7.0)
    views = array(stack([A, B]))
    np.testing.assert_allclose(np.linalg.norm(views, axis=-1), 10.0, rtol=1e-5)
    made = model(stack, loss, rate=0.5)
    fit(made, epochs=1)
    assert float(stack.log_inverse_temperature) <= math.log(100.0) + 1e-6


def test_its_config_makes_the_same_layer():
    config = {
        "normalize": False,
        "temperature": 0.3,
        "learn_temperature": True,
        "bias": 1.5,
    }
    text = json.dumps(
        keras.saving.serialize_keras_object(pl.StackViews(name="s", **config))
    )
    back = keras.saving.deserialize_keras_object(json.loads(text))
    assert {k: back.get_config()[k] for k in config} == config
    assert back.name == "s"
    np.testing.assert_array_equal(
        array(back([A, B])), array(pl.StackViews(**config)([A, B]))
    )


def test_mixed_precision_keeps_the_digits_of_logits():
    stack = pl.StackViews(learn_temperature=True, bias=1.0, dtype="mixed_float16")
    views = stack([A.astype("float16"), B.astype("float16")])
    assert keras.backend.standardize_dtype(views.dtype) == "float32"
    plain = pl.StackViews(learn_temperature=True, bias=1.0)
    wanted = plain([A.astype("float16"), B.astype("float16")])
    np.testing.assert_allclose(array(views), array(wanted), rtol=1e-6)
    for weight in stack.weights:
        assert keras.backend.standardize_dtype(weight.dtype) == "float32"


def test_a_sample_that_one_view_masks_is_masked():
    masks = [np.array([True, False, True]), None, np.array([True, True, False])]
    found = pl.StackViews().compute_mask([A, B, A], masks)
    np.testing.assert_array_equal(array(found), [True, False, False])
    assert pl.StackViews().compute_mask([A, B], [None, None]) is None


MESSAGES = [
    (
        lambda: pl.StackViews(temperature=0.0),
        ValueError,
        "StackViews: `temperature` must be a finite number > 0; got temperature=0.0 "
        "(choose a value in that range).",
    ),
    (
        lambda: pl.StackViews(temperature=0.005, learn_temperature=True),
        ValueError,
        "StackViews: `temperature` must be a finite number >= 0.01; got "
        "temperature=0.005 (choose a value in that range).",
    ),
    (
        lambda: pl.StackViews()(VIEWS),
        ValueError,
        "StackViews: `views` must be a list of two or three tensors of one shape "
        "(B, D); got views=one of (6, 2, 4) (StackViews()([a, b]); flatten the axes of "
        "a sample).",
    ),
    (
        lambda: pl.StackViews()([A, B[:, :2]]),
        ValueError,
        "StackViews: `views` must be a list of two or three tensors of one shape "
        "(B, D); got views=shapes [(6, 4), (6, 2)] (StackViews()([a, b]); flatten the "
        "axes of a sample).",
    ),
    (
        lambda: pl.StackViews(bias=1.0)([A, B, A]),
        ValueError,
        "StackViews: `views` must be two tensors if there is a bias, which is that of "
        "a pair; got views=shapes [(6, 4), (6, 4), (6, 4)] (omit the bias).",
    ),
    (
        lambda: pl.StackViews(temperature=pl.Hyperparameter(0.1, "t")),
        TypeError,
        "StackViews: `temperature` must be a number, since a layer has no "
        "Hyperparameters; got temperature=Hyperparameter(0.1, name='t') (give it to "
        "the loss: InfoNCE(temperature=w), SigLIP(bias=w)).",
    ),
]


@pytest.mark.parametrize(("make", "kind", "message"), MESSAGES)
def test_messages(make, kind, message):
    with pytest.raises(kind) as caught:
        make()
    assert str(caught.value) == message
