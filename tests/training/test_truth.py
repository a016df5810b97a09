"""The variable of a Hyperparameter is its value, whoever has set it."""

import copy
import re

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Hyperparameter, HyperparameterScheduler, LossEndpoint, ops

BACKEND = keras.config.backend()
MSE = portable_losses.MeanSquaredError


def endpoint_model(w):
    x, y = keras.Input((3,)), keras.Input((1,))
    y_pred = keras.layers.Dense(1, kernel_initializer="zeros")(x)
    net = keras.Model([x, y], LossEndpoint(MSE(), weight=w)(y_pred, y))
    net.compile(keras.optimizers.SGD(0.0))
    return net


def assert_is(w, value, loss=None):
    assert w.value == value
    assert repr(w) == f"Hyperparameter({value!r}, name='w')"
    assert w.get_config()["value"] == value
    assert copy.deepcopy(w).value == value
    assert float(w.result()) == np.float32(value)
    loss = loss or w * MSE()
    assert float(loss([[0.0]], [[1.0]])) == np.float32(value)
    assert (1.0 - w).value == 1.0 - value


SET = {
    "a number": lambda w: w.variable.assign(0.3),
    "an array": lambda w: w.variable.assign(np.float32(0.3)),
    "a tensor": lambda w: w.variable.assign(ops.convert_to_tensor(0.3)),
    "a variable": lambda w: w.variable.assign(Hyperparameter(0.3).variable),
    "a sum": lambda w: w.variable.assign_add(np.float32(-0.7)),
    "a copy": lambda w: w.load_own_variables({"value": np.float32(0.3)}),
}


@pytest.mark.parametrize("how", SET)
@pytest.mark.parametrize("moment", ["before a fit", "at the start of an epoch"])
def test_set_behind_its_back(moment, how, model, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    net = model()
    net.compile(keras.optimizers.SGD(0.0), loss=w * MSE())

    class Set(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            SET[how](w)

    callbacks = [HyperparameterScheduler(w, lambda epoch, value: value)]
    if moment == "before a fit":
        SET[how](w)
        assert w.value == pytest.approx(0.3, rel=1e-6)
    else:
        callbacks = [Set(), *callbacks]
    seen = net.fit(x, y, verbose=0, callbacks=callbacks).history
    np.testing.assert_allclose(seen["w"], [0.3], rtol=1e-6)
    np.testing.assert_allclose(seen["loss"], [0.3 * np.mean(y**2)], rtol=1e-5)
    if how != "a sum":
        assert_is(w, 0.3)


def test_the_weights_of_an_endpoint(data, tmp_path):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    net = endpoint_model(w)
    before = net.get_weights()
    w.assign(2.0)
    net.set_weights(before)
    assert_is(w, 1.0)
    w.assign(2.0)
    net.set_weights(before)
    ramp = HyperparameterScheduler(w, lambda epoch: 2.0)
    seen = net.fit([x, y], verbose=0, callbacks=[ramp]).history
    assert seen["w"] == [2.0]
    np.testing.assert_allclose(seen["loss"], [2.0 * np.mean(y**2)], rtol=1e-5)
    (end,) = [layer for layer in net.layers if isinstance(layer, LossEndpoint)]
    end.set_weights([np.float32(0.7)])
    assert_is(w, 0.7)
    net.save(tmp_path / "model.keras")
    (v,) = keras.saving.load_model(tmp_path / "model.keras").layers[-1].hyperparameters
    assert v.value == 0.7


@pytest.mark.parametrize("by", ["epoch", "step"])
def test_a_callback_that_sets_weights(by, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    net = endpoint_model(w)
    before = net.get_weights()

    class Back(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.set_weights(before)

    ramp = HyperparameterScheduler(w, lambda clock: 2.0, by="step")
    callbacks = [Back(), ramp] if by == "step" else [ramp]
    fit = {"batch_size": 8, "epochs": 2, "verbose": 0, "callbacks": callbacks}
    for _ in range(2):
        net.set_weights(before)
        seen = net.fit([x, y], **fit).history
        np.testing.assert_allclose(seen["loss"], [2.0 * np.mean(y**2)] * 2, rtol=1e-5)


def test_a_vector():
    w = Hyperparameter([1.0, 2.0], name="w")
    w.variable.assign(np.array([0.1, 0.2], "float32"))
    assert w.value == (0.1, 0.2)
    assert w == (0.1, 0.2)


@pytest.mark.parametrize("tracked", ["scheduler", "metric", "endpoint", "attribute"])
def test_files_of_weights_carry_it(tracked, model, still, data, tmp_path):
    x, y = data

    def make():
        w = Hyperparameter(1.0, name="w")
        if tracked == "endpoint":
            return w, endpoint_model(w)
        net = model("functional")
        if tracked == "attribute":
            net.w = w
        loss = w * portable_losses.Huber(delta=2.0 - w) if tracked != "x" else MSE()
        net.compile(still, loss=loss, metrics=[w] if tracked == "metric" else None)
        return w, net

    w, net = make()
    if tracked == "scheduler":
        ramp = HyperparameterScheduler(w, lambda epoch: 0.3)
        net.fit(x, y, verbose=0, callbacks=[ramp])
    w.assign(0.3)
    net.save_weights(tmp_path / "some.weights.h5")
    v, other = make()
    other.load_weights(tmp_path / "some.weights.h5")
    assert_is(v, 0.3)
    assert w.value == 0.3


def test_a_file_of_several_that_hold_each_other(model, still, tmp_path):
    def make():
        a, b = Hyperparameter(0.1, name="a"), Hyperparameter(0.2, name="b")
        net = model("functional")
        net.compile(still, loss=portable_losses.Quantile(quantiles=[a, b]))
        return a, b, net

    a, b, net = make()
    b.assign(0.9)
    a.assign(0.8)  # above the b of a model that is new
    net.save_weights(tmp_path / "some.weights.h5")
    a, b, net = make()
    net.load_weights(tmp_path / "some.weights.h5")
    assert (a.value, b.value) == (0.8, 0.9)


def test_a_value_that_a_scope_lends():
    w = Hyperparameter(1.0, name="w")
    with keras.StatelessScope([(w.variable, ops.convert_to_tensor(2.0))]):
        assert w.value == 2.0
    assert w.is_now(1.0)
    assert_is(w, 1.0)


def test_a_file_without_it_leaves_it(model, still, tmp_path):
    net = model("functional")
    net.save_weights(tmp_path / "some.weights.h5")
    w = Hyperparameter(0.3, name="w")
    net.compile(still, loss=w * MSE(), metrics=[w])
    net.load_weights(tmp_path / "some.weights.h5")
    assert w.value == 0.3


# --- as a number ----------------------------------------------------------------------


def test_it_compares_as_its_value():
    w, v = Hyperparameter(0.0, name="w"), Hyperparameter(0.0, name="w")
    assert not w
    assert w == 0.0
    assert w != 1.0
    w.assign(1.0)
    assert w
    assert w == 1
    assert not w != 1.0
    assert 0.5 < w <= 1.0 < w + 1.0
    assert w > v
    assert 1.0 - w == 0.0
    assert not 1.0 - w
    v.assign(1.0)
    assert w != v  # two objects, as lists and dicts of metrics need it
    assert [v, w].index(w) == 1
    assert len({v: 1, w: 2}) == 2
    assert w in {w}
    assert w != "w"
    assert w is not None
    assert w != None  # noqa: E711


CONSTANTS = {
    "times a tensor": lambda w, x: w * x,
    "a tensor times": lambda w, x: x * w,
    "a formula": lambda w, x: x - (1.0 - w),
    "an array": lambda w, x: np.ones(2) * w,
    "converted": lambda w, x: ops.convert_to_tensor(w, "float32"),
    "as an array": lambda w, x: np.asarray(w),
    "in an operation": lambda w, x: ops.maximum(x, w),
    "a loss of Keras": lambda w, x: keras.losses.Huber(delta=w)(x, x),
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_it_is_no_constant(name):
    x, w = ops.ones((2, 1)), Hyperparameter(0.5, name="w")
    with pytest.raises(TypeError, match="`w` must be an argument of a loss of portab"):
        CONSTANTS[name](w, x)


class OfKeras(keras.losses.MeanSquaredError):
    def __init__(self, w):
        super().__init__()
        self.w = w

    def call(self, y_true, y_pred):
        return self.w * super().call(y_true, y_pred)


@pytest.mark.parametrize("make", [lambda w: keras.losses.Huber(delta=w), OfKeras])
def test_a_loss_of_keras_that_holds_it(make, model, still, data):
    x, y = data
    w = Hyperparameter(0.5, name="w")
    loss, kind = make(w), make(w).__class__.__name__
    rule = f"must be no loss of Keras that holds a Hyperparameter, .*=a {kind} of Keras"
    converted = "`w` must be an argument of a loss of portable_losses"
    net = model()
    net.compile(still, loss=loss, metrics=[w])
    move = HyperparameterScheduler(w, lambda epoch: 1.0)

    class Mine(portable_losses.Loss):
        def __init__(self):
            super().__init__()
            self.inner = loss

    seen_first = {
        "HyperparameterScheduler": lambda: move.set_model(net),
        "Sum": lambda: portable_losses.Sum([loss]),
        "Sum ": lambda: MSE() + loss,
        "LossEndpoint": lambda: LossEndpoint(loss),
        "diagnose": lambda: portable_losses.diagnose(loss, y, y),
        "Mine": Mine,
    }
    for owner, act in seen_first.items():
        with pytest.raises(TypeError, match=f"{owner.strip()}: .* {rule}"):
            act()
    for eagerly in (False, True):
        net.compile(still, loss=loss, metrics=[w], run_eagerly=eagerly)
        with pytest.raises(TypeError, match=converted):
            net.fit(x, y, verbose=0)
    net.compile(still, loss="mse", loss_weights=[w])
    with pytest.raises(TypeError, match=converted):
        net.fit(x, y, verbose=0)


# --- names ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["loss", "val_loss", "val_w", "lr", "epoch"])
def test_names_of_logs(name):
    message = f"`name` must be a name that logs do not have already; got name='{name}'"
    with pytest.raises(ValueError, match=re.escape(message)):
        Hyperparameter(1.0, name=name)


def test_names_of_a_model(still, data):
    x, y = data
    inputs = keras.Input((3,))
    make = keras.layers.Dense
    outputs = {name: make(1, name=name)(inputs) for name in ("a", "b")}
    net = keras.Model(inputs, outputs)
    v = Hyperparameter(1.0, name="v")

    def fit(w):
        loss = {"a": MSE(), "b": MSE(class_weights=w if w.value == (1.0,) else [w])}
        metrics = {"a": ["mae", keras.metrics.MeanSquaredError(name="error"), v]}
        net.compile(still, loss=loss, metrics=metrics)
        move = HyperparameterScheduler(w, lambda epoch: w.value)
        net.fit(x, {"a": y, "b": y}, verbose=0, callbacks=[move])

    for name in ("a_loss", "mae", "error", "v"):
        with pytest.raises(ValueError, match=f"whose name, {name}, is its own in the"):
            fit(Hyperparameter(1.0, name=name))
    with pytest.raises(ValueError, match="whose name, v_0, is its own in the"):
        v.name = "v_0"
        fit(Hyperparameter([1.0], name="v"))
    fit(Hyperparameter(1.0, name="w"))


# --- a layer of one's own -------------------------------------------------------------


class Shrinks(keras.layers.Layer):
    def __init__(self, w, as_weight):
        super().__init__()
        self.w = w
        self.loss_of_w = [w * MSE()]
        if as_weight:
            self.moving = w.variable

    def call(self, x):
        self.add_loss(self.loss_of_w[0](0.0 * x, x))
        return x


@pytest.mark.parametrize("as_weight", [False, True])
def test_a_layer_that_adds_a_loss(as_weight, still, data):
    x, _ = data
    w = Hyperparameter(2.0, name="w")
    net = keras.Sequential([keras.Input((3,)), Shrinks(w, as_weight)])
    net.compile(still)
    fit = {"verbose": 0, "callbacks": [HyperparameterScheduler(w, lambda epoch: 3.0)]}
    if as_weight or BACKEND != "jax":
        seen = net.fit(x, **fit).history
        np.testing.assert_allclose(seen["loss"], [3.0 * np.mean(x**2)], rtol=1e-5)
        assert seen["w"] == [3.0]
        return
    remedy = r"LossEndpoint, or hold its variable as a weight of the layer, "
    remedy += r"`self.moving = w.variable`"
    with pytest.raises(RuntimeError, match=remedy) as caught:
        net.fit(x, **fit)
    assert "HyperparameterScheduler" not in str(caught.value)
    w = Hyperparameter(2.0, name="w")
    net = keras.Sequential([keras.Input((3,)), Shrinks(w, False)])
    net.compile("sgd")
    with pytest.raises(RuntimeError, match=remedy):
        net.train_on_batch(x)
