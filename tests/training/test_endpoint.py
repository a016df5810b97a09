"""`LossEndpoint`: inputs, other layers' outputs and weights reach a loss."""

import re

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Hyperparameter, LossEndpoint, ops

MSE = portable_losses.MeanSquaredError


@keras.saving.register_keras_serializable("tests")
class NearInput(portable_losses.Loss):
    """Squared error, and half of it against the mean of the model's input."""

    def call(self, y_true, y_pred, x):
        near = ops.mean(ops.square(y_pred - ops.mean(x, axis=-1, keepdims=True)), -1)
        return ops.mean(ops.square(y_pred - y_true), axis=-1) + 0.5 * near


def build(loss, weight=1.0, with_weights=False, context=True):
    keras.utils.set_random_seed(0)
    x, y, w = keras.Input((3,)), keras.Input((1,)), keras.Input(())
    y_pred = keras.layers.Dense(1, kernel_initializer="zeros")(x)
    end = LossEndpoint(loss, weight=weight)(
        y_pred, y, *((x,) if context else ()), sample_weight=w if with_weights else None
    )
    inputs = [x, y, w] if with_weights else [x, y]
    return keras.Model(inputs, end), keras.Model(x, y_pred)


def wanted(x, y, w=1.0):
    near = 0.5 * np.mean(x, axis=-1) ** 2
    return float(np.mean(w * (y[:, 0] ** 2 + near)))


def test_the_input_and_the_weights_reach_the_loss(still, data, tmp_path):
    x, y = data
    w = np.linspace(0.0, 2.0, len(x)).astype("float32")
    net, _ = build(NearInput(), weight=3.0, with_weights=True)
    net.compile(still)
    fit = {"shuffle": False, "verbose": 0}
    seen = net.fit([x, y, w], **fit).history["loss"]
    assert seen[0] == pytest.approx(3.0 * wanted(x, y, w), rel=1e-5)
    assert net.evaluate([x, y, w], verbose=0) == pytest.approx(seen[0], rel=1e-5)
    net.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.fit([x, y, w], **fit).history["loss"] == pytest.approx(seen, rel=1e-5)


def test_it_trains_as_compile_does(data):
    x, y = data
    fit = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}
    net, predicts = build(MSE(), context=False)
    net.compile(keras.optimizers.SGD(0.1))
    seen = net.fit([x, y], **fit).history["loss"]
    keras.utils.set_random_seed(0)
    layers = [keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="zeros")]
    plain = keras.Sequential(layers)
    plain.compile(keras.optimizers.SGD(0.1), loss=MSE())
    np.testing.assert_allclose(seen, plain.fit(x, y, **fit).history["loss"], rtol=1e-5)
    # The model that predicts shares the layers, and needs no target.
    np.testing.assert_allclose(
        predicts.predict(x, verbose=0), plain.predict(x, verbose=0), rtol=1e-5
    )


def test_without_a_target_it_passes_y_pred_through():
    end = LossEndpoint(MSE())
    y_pred = ops.convert_to_tensor(np.ones((2, 1), "float32"))
    out = end(y_pred)
    np.testing.assert_array_equal(ops.convert_to_numpy(out), np.ones((2, 1)))
    assert end.losses == []
    end(y_pred, np.zeros((2, 1), "float32"))
    assert [float(x) for x in end.losses] == [1.0]


@pytest.mark.parametrize("where", ["weight", "loss", "both, and a second endpoint"])
def test_a_hyperparameter_moves_in_it(where, still, data, tmp_path):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    loss = MSE() if where == "weight" else w * MSE()
    net, _ = build(loss, weight=1.0 if where == "loss" else w, context=False)
    power = 1
    if where.startswith("both"):
        power = 2
        target = keras.Input((1,))
        end = LossEndpoint(MSE(), weight=0.0 * w)(net.output, target)
        net = keras.Model([*net.inputs, target], end)
    net.compile(still)
    inputs = [x, y, y] if where.startswith("both") else [x, y]
    ramp = portable_losses.HyperparameterScheduler(w, lambda epoch: 10.0**epoch)
    fit = {"epochs": 3, "verbose": 0, "callbacks": [ramp]}
    seen = net.fit(inputs, **fit).history
    values = np.array([1.0, 10.0, 100.0])
    np.testing.assert_allclose(seen["loss"], np.mean(y**2) * values**power, rtol=1e-5)
    np.testing.assert_allclose(seen["w"], values)
    w.assign(2.0)
    assert net.train_on_batch(inputs) == pytest.approx(np.mean(y**2) * 2**power)
    net.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    fit["callbacks"] = [
        portable_losses.HyperparameterScheduler("w", lambda epoch, value: value + 1.0)
    ]
    assert loaded.fit(inputs, **fit).history["w"] == [3.0, 4.0, 5.0]


@pytest.mark.parametrize("scheduled", [False, True])
def test_a_hyperparameter_may_be_shown_as_a_metric_too(scheduled, still, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    net, _ = build(MSE(), weight=w, context=False)
    net.compile(still, metrics=[w], loss=lambda y_true, y_pred: 0.0 * ops.sum(y_pred))
    move = portable_losses.HyperparameterScheduler(w, lambda epoch: 10.0**epoch)
    fit = {"verbose": 0, "epochs": 3, "callbacks": [move] if scheduled else []}
    seen = net.fit([x, y], y, **fit).history
    values = np.array([1.0, 10.0, 100.0] if scheduled else [1.0, 1.0, 1.0])
    np.testing.assert_allclose(seen["loss"], np.mean(y**2) * values, rtol=1e-5)
    np.testing.assert_allclose(seen["w"], values)
    w.assign(5.0)
    found = net.train_on_batch([x, y], y)
    np.testing.assert_allclose(found, [5.0 * np.mean(y**2), 5.0], rtol=1e-5)
    found = net.evaluate([x, y], y, verbose=0)
    np.testing.assert_allclose(found, [5.0 * np.mean(y**2), 5.0], rtol=1e-5)


def test_a_metric_of_two_outputs(still, data):
    x, y = data
    w = Hyperparameter(2.0, name="w")
    inputs = keras.Input((3,))
    make = keras.layers.Dense
    heads = {n: make(1, kernel_initializer="zeros", name=n)(inputs) for n in "ab"}
    net = keras.Model(inputs, heads)
    loss = {"a": w * MSE(), "b": MSE()}
    net.compile(still, loss=loss, metrics={"a": [w], "b": [w]})
    seen = net.fit(x, {"a": y, "b": y}, verbose=0).history
    assert (seen["a_w"], seen["b_w"]) == ([2.0], [2.0])
    np.testing.assert_allclose(seen["loss"], [3.0 * np.mean(y**2)], rtol=1e-5)


@pytest.mark.parametrize("eagerly", [False, True])
def test_one_that_is_called_several_times_adds_each_loss(eagerly, data):
    x, y = data
    inputs, target = keras.Input((3,)), keras.Input((1,))
    ones = keras.layers.Dense(1, kernel_initializer="ones")
    zeros = keras.layers.Dense(1, kernel_initializer="zeros")
    w = Hyperparameter(1.0, name="w")
    end = LossEndpoint(MSE(), weight=w)
    outputs = [end(layer(inputs), target) for layer in (ones, zeros, zeros)]
    net = keras.Model([inputs, target], outputs)
    net.compile(keras.optimizers.SGD(0.0), run_eagerly=eagerly)
    parts = [np.mean((x.sum(1, keepdims=True) - y) ** 2), *[np.mean(y**2)] * 2]
    assert net.evaluate([x, y], verbose=0) == pytest.approx(sum(parts), rel=1e-5)
    for value in (1.0, 3.0):  # traced once, run twice
        w.assign(value)
        seen = net.fit([x, y], verbose=0).history["loss"]
        np.testing.assert_allclose(seen, [value * sum(parts)], rtol=1e-5)
    # Shared by another model, which calls it once.
    other = keras.Model([inputs, target], end(zeros(inputs), target))
    other.compile(keras.optimizers.SGD(0.0), run_eagerly=eagerly)
    seen = other.fit([x, y], verbose=0).history["loss"]
    np.testing.assert_allclose(seen, [3.0 * parts[1]], rtol=1e-5)
    seen = net.fit([x, y], verbose=0).history["loss"]
    np.testing.assert_allclose(seen, [3.0 * sum(parts)], rtol=1e-5)
    # Within a model within a model.
    inner = keras.Model([inputs, target], end(zeros(inputs), target))
    outer = keras.Model([inputs, target], inner([inputs, target]))
    outer.compile(keras.optimizers.SGD(0.0), run_eagerly=eagerly)
    seen = outer.fit([x, y], verbose=0).history["loss"]
    np.testing.assert_allclose(seen, [3.0 * parts[1]], rtol=1e-5)
    clone = keras.models.clone_model(net)
    clone.set_weights(net.get_weights())
    clone.compile(keras.optimizers.SGD(0.0), run_eagerly=eagerly)
    seen = clone.fit([x, y], verbose=0).history["loss"]
    np.testing.assert_allclose(seen, [3.0 * sum(parts)], rtol=1e-5)


@pytest.mark.parametrize("kind", ["loss", "floatx", "loss and compile"])
def test_float64(kind, data):
    x, y = data
    w = Hyperparameter(0.5, name="w")
    before = keras.config.floatx()
    try:
        if kind == "floatx":
            keras.config.set_floatx("float64")
        net, _ = build(MSE(dtype="float64"), weight=w, context=False)
        loss = MSE() if kind == "loss and compile" else None
        net.compile(keras.optimizers.SGD(0.0), loss=loss)
        target = y if loss else None
        seen = net.fit([x, y], target, verbose=0).history["loss"]
        wanted = (1.5 if loss else 0.5) * np.mean(y**2)
        np.testing.assert_allclose(seen, [wanted], rtol=1e-5)
    finally:
        keras.config.set_floatx(before)


def test_masks_reach_the_loss(still):
    steps = np.array([[1, 2, 0], [3, 0, 0]])
    x, y = keras.Input((3,), dtype="int32"), keras.Input((3, 1))
    embedded = keras.layers.Embedding(4, 2, mask_zero=True)(x)
    y_pred = keras.layers.Dense(1, kernel_initializer="zeros")(embedded)
    net = keras.Model([x, y], LossEndpoint(MSE())(y_pred, y))
    net.compile(still)
    target = np.arange(1.0, 7.0).reshape(2, 3, 1)
    seen = net.fit([steps, target], verbose=0).history["loss"][0]
    assert seen == pytest.approx((1 + 4 + 16) / 3)  # the three steps that are kept


def test_class_indices_stay_exact_in_mixed_precision(still):
    x, y = keras.Input((3,)), keras.Input((), dtype="int32")
    layer = keras.layers.Dense(300, dtype="mixed_bfloat16")
    loss = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
    end = LossEndpoint(loss, dtype="mixed_bfloat16")(layer(x), y)
    net = keras.Model([x, y], end)
    net.compile(still)
    ids = np.array([257, 256, 1, 0])
    logits = layer(np.eye(4, 3, dtype="float32"))
    wanted = float(loss(ids, logits))
    seen = net.fit([np.eye(4, 3), ids], verbose=0, shuffle=False).history["loss"][0]
    assert seen == pytest.approx(wanted, rel=1e-3)


REJECTED = {
    "items": (
        lambda: LossEndpoint(MSE(reduction=None)),
        ValueError,
        "LossEndpoint: `loss` must be a loss that gives one number; got loss=a "
        "mean_squared_error with reduction=None",
    ),
    "no loss": (
        lambda: LossEndpoint("mse"),
        TypeError,
        "LossEndpoint: `loss` must be a loss; got loss='mse'",
    ),
    "weight": (
        lambda: LossEndpoint(MSE(), weight=float("nan")),
        ValueError,
        "LossEndpoint: `weight` must be a finite number; got weight=nan",
    ),
    "context that is not wanted": (
        lambda: LossEndpoint(MSE())(np.ones((2, 1)), np.ones((2, 1)), np.ones((2, 1))),
        TypeError,
        "MeanSquaredError: `context` must be omitted; got context=1 tensor (the loss "
        "takes only y_true and y_pred).",
    ),
    "no context": (
        lambda: NearInput()(np.ones((2, 1)), np.ones((2, 1))),
        TypeError,
        "NearInput: `context` must be x, which the loss takes; got context=nothing "
        "(LossEndpoint(loss)(y_pred, y_true, x) in the model passes it).",
    ),
}


@pytest.mark.parametrize("name", REJECTED)
def test_rejected(name):
    act, kind, message = REJECTED[name]
    with pytest.raises(kind, match=re.escape(message)):
        act()
