"""Training with `fit`: masks, weights, mixed precision, several outputs, saving."""

import keras
import numpy as np
import pytest

import portable_losses

Layers = keras.layers


def draw(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.1, 1.0, shape).astype("float32")


# --- inputs, and models that end in 3 numbers for each position -----------------------


def embedding():
    x = np.array([[1, 2, 3, 0], [4, 0, 0, 0], [5, 6, 7, 8], [1, 1, 0, 0]])
    first = Layers.Embedding(9, 5, mask_zero=True)
    return x, [keras.Input((4,)), first, Layers.SimpleRNN(3, return_sequences=True)]


def masking():
    x = draw(4, 4, 2)
    x[0, 3:] = x[1, 1:] = x[3, 2:] = 0.0
    recurrent = Layers.SimpleRNN(3, return_sequences=True)
    return x, [keras.Input((4, 2)), Layers.Masking(), recurrent]


def no_mask():
    return draw(4, 4, 2), [keras.Input((4, 2)), Layers.Dense(3)]


def one_position():
    return draw(4, 2), [keras.Input((2,)), Layers.Dense(3, "softmax")]


def train(loss, make, y, **fit):
    """Losses of three epochs, from the same initial weights each time."""
    keras.utils.set_random_seed(0)
    x, layers = make()
    model = keras.Sequential(layers)
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss=loss)
    shown = model.fit(x, y, batch_size=2, epochs=3, shuffle=False, verbose=0, **fit)
    return shown.history["loss"]


IDS = np.array([[0, 1, 2, 0], [1, 1, 0, 2], [2, 0, 1, 1], [2, 2, 2, 0]])
# name of the loss, arguments, model, targets, arguments of fit
LIKE_KERAS = {
    "mask of an Embedding": ("MeanSquaredError", {}, embedding, draw(4, 4, 3), {}),
    "mask of Masking": ("Huber", {"delta": 0.2}, masking, draw(4, 4, 3), {}),
    "mask, sum": ("Huber", {"reduction": "sum"}, masking, draw(4, 4, 3), {}),
    "mask, mean by weight": (
        "MeanSquaredError",
        {"reduction": "mean_with_sample_weight"},
        masking,
        draw(4, 4, 3),
        {"sample_weight": draw(4, 4, seed=1)},
    ),
    "mask and ids": (
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        embedding,
        IDS,
        {},
    ),
    "mask and weights": (
        "MeanSquaredError",
        {},
        masking,
        draw(4, 4, 3),
        {"sample_weight": draw(4, 4, seed=1)},
    ),
    "sample_weight": (
        "SparseCategoricalCrossentropy",
        {},
        one_position,
        IDS[:, 0],
        {"sample_weight": np.array([1.0, 0.0, 3.0, 0.5])},
    ),
    "class_weight": (
        "SparseCategoricalCrossentropy",
        {},
        one_position,
        IDS[:, 0],
        {"class_weight": {0: 1.0, 1: 0.0, 2: 3.0}},
    ),
    "class_weight of rows": (
        "CategoricalCrossentropy",
        {},
        one_position,
        np.eye(3, dtype="float32")[IDS[:, 0]],
        {"class_weight": {0: 1.0, 1: 0.0, 2: 3.0}},
    ),
    "no mask": ("MeanSquaredError", {}, no_mask, draw(4, 4, 3), {}),
}


@pytest.mark.parametrize("row", LIKE_KERAS)
def test_fit_as_keras_does(row):
    name, arguments, make, y, fit = LIKE_KERAS[row]
    ours = train(getattr(portable_losses, name)(**arguments), make, y, **fit)
    theirs = train(getattr(keras.losses, name)(**arguments), make, y, **fit)
    np.testing.assert_allclose(ours, theirs, rtol=2e-5)
    assert ours[-1] < ours[0]


def test_an_ordinary_fit_evaluates_to_the_same_number():
    x, layers = no_mask()
    model = keras.Sequential(layers)
    loss = portable_losses.MeanSquaredError()
    model.compile(loss=loss)
    y = draw(4, 4, 3)
    value = model.evaluate(x, y, batch_size=4, verbose=0)
    np.testing.assert_allclose(value, loss(y, model.predict(x, verbose=0)), rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", ["MeanSquaredError", "SparseCategoricalCrossentropy"])
def test_mixed_precision_trains(policy, name):
    keras.utils.set_random_seed(0)
    dense = Layers.Dense(3, dtype=policy)
    model = keras.Sequential([keras.Input((2,)), dense])
    adam = keras.optimizers.Adam(0.1)
    if policy == "mixed_float16":
        adam = keras.optimizers.LossScaleOptimizer(adam, initial_scale=2.0**10)
    ids = name.startswith("Sparse")
    arguments = {"from_logits": True} if ids else {}
    loss = getattr(portable_losses, name)(**arguments)
    model.compile(optimizer=adam, loss=loss, auto_scale_loss=False)
    y = np.arange(16) % 3 if ids else draw(16, 3)
    x = np.eye(3)[np.arange(16) % 3][:, :2] if ids else draw(16, 2)
    shown = model.fit(x, y, batch_size=8, epochs=12, verbose=0).history["loss"]
    assert keras.backend.standardize_dtype(dense.compute_dtype) == policy[6:]
    assert np.isfinite(shown).all()
    assert shown[-1] < 0.7 * shown[0]


def two_outputs(losses):
    keras.utils.set_random_seed(0)
    x = keras.Input((2,))
    outputs = {
        "kind": Layers.Dense(3, "softmax", name="kind")(x),
        "size": Layers.Dense(1, name="size")(x),
    }
    model = keras.Model(x, outputs)
    sgd = keras.optimizers.SGD(0.1)
    model.compile(sgd, loss=losses, loss_weights={"kind": 1.0, "size": 0.5})
    y = {"kind": IDS[:, 0], "size": draw(4)}
    shown = model.fit(draw(4, 2), y, epochs=3, shuffle=False, verbose=0)
    return shown.history


def test_each_output_has_its_loss():
    got, want = (
        two_outputs(
            {"kind": of.SparseCategoricalCrossentropy(), "size": of.Huber(delta=0.3)}
        )
        for of in (portable_losses, keras.losses)
    )
    assert set(got) == set(want) == {"loss", "kind_loss", "size_loss"}
    for name, values in want.items():
        np.testing.assert_allclose(got[name], values, rtol=1e-5)


SAVED = {
    "array": portable_losses.Huber(0.3, class_weights=np.array([1.0, 2.0, 0.5])),
    "dict": portable_losses.MeanSquaredError(class_weights={2: 3.0}),
    "dtype": portable_losses.MeanAbsoluteError(dtype="bfloat16", reduction="sum"),
}


@pytest.mark.parametrize("row", SAVED)
def test_training_goes_on_after_saving(row, tmp_path):
    keras.utils.set_random_seed(0)
    x, layers = no_mask()
    y = draw(4, 4, 3)
    model = keras.Sequential(layers)
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss=SAVED[row])
    model.fit(x, y, epochs=2, shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert type(again.loss) is type(SAVED[row])
    assert again.loss.get_config() == SAVED[row].get_config()
    want, got = (
        m.fit(x, y, epochs=3, shuffle=False, verbose=0).history["loss"]
        for m in (model, again)
    )
    np.testing.assert_allclose(got, want, rtol=1e-5)
    for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
