import keras
import numpy as np
import pytest

import portable_losses

rng = np.random.default_rng(5)
X = rng.normal(size=(6, 3)).astype("float32")


def values(x):
    return keras.ops.convert_to_numpy(x)


def unit(x, axis):
    return x / np.linalg.norm(x, axis=axis, keepdims=True)


@pytest.mark.parametrize("centers", [1, 4])
def test_the_largest_cosine_of_the_centers_of_a_class(centers):
    layer = portable_losses.CosineDense(2, centers)
    cosines = values(layer(X))
    kernel = values(layer.kernel)
    assert kernel.shape == (3, 2 * centers)
    wanted = unit(X, -1) @ unit(kernel, 0)
    wanted = wanted.reshape(6, 2, centers).max(axis=-1)
    np.testing.assert_allclose(cosines, wanted, rtol=1e-5, atol=1e-6)


def test_axes_before_the_last_stay():
    layer = portable_losses.CosineDense(2, 3)
    flat = values(layer(X))
    np.testing.assert_allclose(
        values(layer(X.reshape(2, 3, 3))), flat.reshape(2, 3, 2), rtol=1e-6
    )
    for shape in ((None, 3), (None, None, 3), (4, 5, 3)):
        wanted = (*shape[:-1], 2)
        assert layer.compute_output_shape(shape) == wanted
        assert layer(keras.KerasTensor(shape)).shape == wanted


def test_zero_vectors_have_the_cosine_0_and_no_gradient(gradient, compiled):
    layer = portable_losses.CosineDense(2, 2)
    layer.build((None, 3))
    kernel = values(layer.kernel).copy()
    kernel[:, :2] = 0
    layer.kernel.assign(kernel)

    def cosines(_, x, *rest, **more):
        return layer(x)

    x = np.concatenate([0 * X[:1], X[1:]])
    value, slope = gradient(cosines, None, x, compiled=compiled)
    assert not value[0].any() and not value[:, 0].any()
    assert not slope[0].any() and np.isfinite(slope).all() and slope[1].any()

    def of_kernel(_, kernel, *rest, **more):
        with keras.StatelessScope([(layer.kernel, kernel)]):
            return layer(x)

    _, slope = gradient(of_kernel, None, kernel, compiled=compiled)
    assert not slope[:, :2].any() and np.isfinite(slope).all() and slope.any()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_cosines_are_in_float32(policy):
    layer = portable_losses.CosineDense(2, 2, dtype=policy)
    x = keras.KerasTensor((None, 3), "float16")
    assert keras.backend.standardize_dtype(layer(x).dtype) == "float32"
    # Lengths whose squares are 0 in half precision, and an angle of half a degree.
    small = np.array([[1e-3, 0.0, 0.0], [1e-3, 1e-5, 0.0]], "float16")
    layer.kernel.assign(np.eye(3, 4, dtype="float32") + 1 / 3)
    kernel = values(layer.kernel).astype("float64")
    cosines = layer(keras.ops.convert_to_tensor(small))
    assert keras.backend.standardize_dtype(cosines.dtype) == "float32"
    wanted = unit(small.astype("float64"), -1) @ unit(kernel, 0)
    wanted = wanted.reshape(2, 2, 2).max(axis=-1)
    np.testing.assert_allclose(values(cosines), wanted, rtol=1e-5)


def model(policy=None):
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, dtype=policy),
            portable_losses.CosineDense(3, 2, dtype=policy),
        ]
    )


@pytest.mark.parametrize("policy", [None, "mixed_bfloat16"])
def test_a_model_trains_is_saved_and_trains_on(tmp_path, policy):
    keras.utils.set_random_seed(0)
    ids = np.repeat(np.arange(3), 10).astype("int32")
    x = np.eye(3, dtype="float32")[ids] + 0.1 * rng.normal(size=(30, 3))
    net = model(policy)
    net.compile("adam", loss=portable_losses.ArcFace(scale=8.0), metrics=["accuracy"])
    net.optimizer.learning_rate = 0.05
    history = net.fit(x, ids, epochs=15, batch_size=10, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["accuracy"][-1] == 1
    net.save(tmp_path / "net.keras")
    loaded = keras.saving.load_model(tmp_path / "net.keras")
    np.testing.assert_allclose(loaded.predict(x, verbose=0), net.predict(x, verbose=0))
    assert loaded.layers[-1].centers == 2
    before = loaded.evaluate(x, ids, verbose=0)[0]
    again = loaded.fit(x, ids, epochs=2, batch_size=10, verbose=0).history
    assert again["loss"][-1] < 1.5 * before


def test_the_config_makes_an_equal_layer():
    layer = portable_losses.CosineDense(
        3, centers=2, kernel_initializer=keras.initializers.RandomNormal(seed=3)
    )
    again = portable_losses.CosineDense.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    np.testing.assert_allclose(values(again(X)), values(layer(X)))


def test_masks_are_passed_on():
    """A masked step leaves the mean of the loss."""
    x = X.reshape(2, 3, 3) * np.array([[[1], [1], [0]]], "float32")
    inputs = keras.Input((3, 3))
    layer = portable_losses.CosineDense(2)
    net = keras.Model(inputs, layer(keras.layers.Masking()(inputs)))
    net.compile("sgd", loss=portable_losses.CosFace())
    ids = np.zeros((2, 3), "int32")
    kept = x[:, :2].reshape(4, 3)
    wanted = float(portable_losses.CosFace()(ids[:, :2].reshape(4), layer(kept)))
    assert net.evaluate(x, ids, verbose=0) == pytest.approx(wanted, rel=1e-5)


ERRORS = [
    (
        lambda: portable_losses.CosineDense(0),
        "CosineDense: `units` must be a whole number >= 1; got units=0 (choose a value "
        "in that range).",
    ),
    (
        lambda: portable_losses.CosineDense(2, centers=0),
        "CosineDense: `centers` must be a whole number >= 1; got centers=0 (choose a "
        "value in that range).",
    ),
    (
        lambda: portable_losses.CosineDense(2)(np.ones(3)),
        "CosineDense: `x` must be embeddings of shape (B, ..., D) with a fixed D; got "
        "x=an array of shape (3,) (give the last axis a size).",
    ),
    (
        lambda: portable_losses.CosineDense(2)(keras.KerasTensor((2, None))),
        "CosineDense: `x` must be embeddings of shape (B, ..., D) with a fixed D; got "
        "x=an array of shape (2, None) (give the last axis a size).",
    ),
]


@pytest.mark.parametrize(("make", "message"), ERRORS)
def test_messages(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert message in str(caught.value)


def test_embeddings_of_another_size_are_rejected():
    layer = portable_losses.CosineDense(2)
    layer(X)
    for x in (np.ones((2, 5)), keras.KerasTensor((2, 5))):
        with pytest.raises(ValueError, match="the size of the centers; got x=an array"):
            layer(x)
