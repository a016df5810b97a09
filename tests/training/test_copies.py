"""In a copy of a loss or a model one Hyperparameter is one object, of its own."""

import copy
import gc
import pickle
from typing import NamedTuple

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Hyperparameter, HyperparameterScheduler, LossEndpoint, ops

MSE, MAE = portable_losses.MeanSquaredError, portable_losses.MeanAbsoluteError


def mixed(w):
    return w * MSE() + (3.0 - w) * MAE()


def value(y, w):
    """What `mixed` is for a model that predicts zeros."""
    return w * np.mean(np.square(y)) + (3.0 - w) * np.mean(np.abs(y))


@portable_losses.loss
def scaled_squares(y_true, y_pred, *, scale=1.0, class_weights=None):
    return scale * ops.mean(class_weights * ops.square(y_pred - y_true), axis=-1)


@keras.saving.register_keras_serializable("tests")
class Inner(portable_losses.Loss):
    """A loss that holds another one, and calls its `call`."""

    def __init__(self, inner, power=1.0, **kwargs):
        super().__init__(**kwargs)
        self.inner, self.power = inner, power

    def call(self, y_true, y_pred):
        return self.power * self.inner.call(y_true, y_pred)


LOSSES = {
    "sum": mixed,
    "function": lambda w: scaled_squares(scale=w, class_weights=[2.0 - w]),
    "formulas": lambda w: (w / 2.0 + w / 2.0) * portable_losses.Huber(delta=3.0 - w),
    "sum of sums": lambda w: portable_losses.Sum(
        {"a": (w, mixed(w)), "b": scaled_squares(class_weights=[w])}
    ),
    "loss in a loss": lambda w: Inner(portable_losses.Huber(delta=w), power=w),
}
COPIES = {
    "serialize": lambda x: keras.losses.deserialize(keras.losses.serialize(x)),
    "saving": lambda x: keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(x)
    ),
    "deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "from_config": lambda x: type(x).from_config(
        keras.losses.serialize(x)["config"] | {}
    ),
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("name", LOSSES)
def test_a_copied_loss(name, how, data):
    _, y = data
    w = Hyperparameter(1.0, name="w")
    loss = LOSSES[name](w)
    w.assign(1.5)
    first, second = COPIES[how](loss), COPIES[how](loss)
    (v,) = first.hyperparameters
    assert v is not w
    assert v not in second.hyperparameters
    assert (v.value, v.name) == (1.5, "w")
    v.assign(0.5)
    w.assign(1.25)
    for it, now in ((loss, 1.25), (first, 0.5), (second, 1.5)):
        wanted = LOSSES[name](Hyperparameter(now))(y, 0.0 * y)
        assert float(it(y, 0.0 * y)) == pytest.approx(float(wanted), rel=1e-6)
        assert it.hyperparameters[0].value == now


def test_what_is_pickled_together_stays_together():
    w = Hyperparameter(1.0, name="w")
    for loss in (mixed(w), portable_losses.Huber(delta=w), scaled_squares(scale=w)):
        for again in (copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
            first, metrics = again((loss, [w]))
            assert first.hyperparameters[0] is metrics[0]
            assert metrics[0] is not w
    assert copy.copy(mixed(w)).hyperparameters[0] is w


def test_two_of_one_name_stay_two():
    v, w = Hyperparameter(1.0, name="w"), Hyperparameter(1.0, name="w")
    loss = v * MSE() + w * MAE()
    for again in COPIES.values():
        first, second = again(loss).hyperparameters
        first.assign(2.0)
        assert second.value == 1.0
    # Copies of one that meet again in a loss stay two, as well.
    one, other = (copy.deepcopy(portable_losses.Huber(delta=w)) for _ in range(2))
    for again in COPIES.values():
        assert len(again(one + other).hyperparameters) == 2


def test_a_config_without_an_identity_loads():
    w = Hyperparameter.from_config({"value": 0.5, "name": "w"})
    assert (w.value, w.name) == (0.5, "w")
    config = keras.losses.serialize(portable_losses.Huber(delta=w))
    del config["config"]["delta"]["config"]["identity"]
    assert keras.losses.deserialize(config).delta.value == 0.5


# --- models ---------------------------------------------------------------------------


def compiled(model, w, kind="sequential"):
    net = model(kind)
    net.compile(
        keras.optimizers.SGD(0.0), loss=mixed(w), metrics=[w], weighted_metrics=[MAE()]
    )
    return net


def of_two_outputs(w):
    x = keras.Input((3,))
    heads = [
        keras.layers.Dense(1, kernel_initializer="zeros", name=name)(x) for name in "ab"
    ]
    net = keras.Model(x, heads)
    loss = [w * MSE(), (3.0 - w) * MAE()]
    net.compile(keras.optimizers.SGD(0.0), loss=loss, metrics=[[w], [w]])
    return net


def of_endpoint(w):
    x, y = keras.Input((3,)), keras.Input((1,))
    y_pred = keras.layers.Dense(1, kernel_initializer="zeros")(x)
    end = LossEndpoint(MSE(), weight=w, name="end")(y_pred, y)
    end = LossEndpoint((3.0 - w) * MAE(), name="another")(end, y)
    net = keras.Model([x, y], end)
    net.compile(keras.optimizers.SGD(0.0), loss=0.0 * w * MSE(), metrics=[w])
    return net


def clone(net, tmp_path):
    return keras.models.clone_model(net)


def by_file(suffix):
    def copied(net, tmp_path):
        net.save(tmp_path / f"model{suffix}")
        return keras.saving.load_model(tmp_path / f"model{suffix}")

    return copied


def by_json(net, tmp_path):
    return keras.models.model_from_json(net.to_json())


def by_configs(net, tmp_path):
    made = type(net).from_config(net.get_config())
    made.compile_from_config(net.get_compile_config())
    return made


MODELS = {
    "clone_model": clone,
    "keras": by_file(".keras"),
    "h5": by_file(".h5"),
    "json": by_json,
    "configs": by_configs,
    "pickle": lambda net, tmp_path: pickle.loads(pickle.dumps(net)),
    "deepcopy": lambda net, tmp_path: copy.deepcopy(net),
}


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5")
@pytest.mark.parametrize("how", MODELS)
@pytest.mark.parametrize("kind", ["one output", "two outputs", "endpoint"])
def test_a_copied_model(kind, how, model, data, tmp_path):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    if kind == "one output":
        net, fit = compiled(model, w), (x, y)
    elif kind == "two outputs":
        net, fit = of_two_outputs(w), (x, [y, y])
    else:
        net, fit = of_endpoint(w), ([x, y], y)
    shown = "a_w" if kind == "two outputs" else "w"
    net.fit(*fit, verbose=0)
    w.assign(0.5)
    made = MODELS[how](net, tmp_path)
    for layer, old in zip(made.layers, net.layers, strict=True):
        if not isinstance(layer, LossEndpoint):
            layer.set_weights(old.get_weights())
    # Keras does not build the optimizer of an .h5 file as it should.
    made.optimizer = keras.optimizers.SGD(0.0)
    # A copy has the value of then, and goes its own way.
    w.assign(2.0)
    seen = made.evaluate(*fit, verbose=0, return_dict=True)
    assert (seen[shown], seen["loss"]) == (0.5, pytest.approx(value(y, 0.5), rel=1e-5))
    ramp = HyperparameterScheduler("w", lambda epoch: 1.5 + epoch)  # the only "w"
    seen = made.fit(*fit, verbose=0, epochs=2, callbacks=[ramp]).history
    np.testing.assert_allclose(seen[shown], [1.5, 2.5])
    np.testing.assert_allclose(seen["loss"], [value(y, 1.5), value(y, 2.5)], rtol=1e-5)
    seen = net.evaluate(*fit, verbose=0, return_dict=True)
    assert (seen[shown], seen["loss"]) == (2.0, pytest.approx(value(y, 2.0), rel=1e-5))
    # Another copy shares nothing with the first.
    other = MODELS[how](net, tmp_path)
    seen = other.evaluate(*fit, verbose=0, return_dict=True)
    assert seen[shown] == 2.0
    assert w.value == 2.0


def test_a_copy_at_0(data):
    # Which is false, and still there.
    x, y = data
    w = Hyperparameter(0.0, name="w")
    net = of_endpoint(w)
    for how in (clone, by_json, by_configs):
        made = how(net, None)
        ramp = HyperparameterScheduler("w", lambda epoch: 2.0)
        seen = made.fit([x, y], y, verbose=0, callbacks=[ramp]).history
        assert seen["w"] == [2.0]


def test_two_models_with_a_w_each(model, data):
    x, y = data
    nets = []
    for first in (0.5, 2.0):
        net = compiled(model, Hyperparameter(first, name="w"))
        nets.append(net)
    copies = [keras.models.clone_model(net) for net in nets]
    seen = [net.evaluate(x, y, verbose=0, return_dict=True)["w"] for net in copies]
    assert seen == [0.5, 2.0]


# --- rules ----------------------------------------------------------------------------


def test_a_rule_lives_as_long_as_its_loss():
    w = Hyperparameter(1.0, name="w")
    portable_losses.Huber(delta=w)
    gc.collect()
    w.assign(-1.0)
    w.assign(1.0)
    for _ in range(200):
        loss = w * portable_losses.Huber(delta=w) + (2.0 - w) * MSE()
    gc.collect()
    assert len(w.rules) <= 4
    held = LossEndpoint(MSE(), weight=1.0 / w), loss
    for bad in (0.0, -1.0):
        with pytest.raises(ValueError, match="must be a finite number"):
            w.assign(bad)
    del held, loss
    gc.collect()
    w.assign(0.0)
    assert (1.0 / w).value == float("inf")
    with pytest.raises(ValueError, match=r"must be a finite number; got .*=inf"):
        MSE() * (1.0 / w)


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_has_the_rules(how):
    w = Hyperparameter(1.0, name="w")
    loss = Inner(portable_losses.Huber(delta=w))
    made = COPIES[how](loss)
    del loss
    gc.collect()
    w.assign(-1.0)
    with pytest.raises(ValueError, match="Huber: `delta` must be a finite number > 0"):
        made.hyperparameters[0].assign(-1.0)


def test_what_a_constructor_rejected_asks_for_nothing():
    w = Hyperparameter(0.5, name="w")
    with pytest.raises(ValueError, match="`quantiles` must be ascending"):
        portable_losses.Quantile(quantiles=[w, 0.2])
    with pytest.raises(ValueError, match="`beta` must be"):
        portable_losses.Tversky(alpha=w, beta=-1.0)
    gc.collect()
    loss = portable_losses.Huber(delta=w)
    w.assign(5.0)
    assert loss.delta is w


def test_rules_between_arguments(data):
    a, b = Hyperparameter(0.1, name="a"), Hyperparameter(0.8, name="b")
    both = portable_losses.Quantile(quantiles=[a, b], crossing_penalty=1.0)
    ascending = r"Quantile: `quantiles` must be ascending; got quantiles=\(0.9, 0.8\)"
    with pytest.raises(ValueError, match=ascending):
        a.assign(0.9)
    assert a.value == 0.1
    b.assign(0.95)
    a.assign(0.9)
    with pytest.raises(ValueError, match="ascending"):
        b.assign(0.5)
    with pytest.raises(ValueError, match="< 1"):
        b.assign(1.5)
    del both
    gc.collect()
    b.assign(0.5)
    c = Hyperparameter(0.3, name="c")
    mirrored = portable_losses.Quantile(quantiles=[c, 0.5, 1.0 - c])
    with pytest.raises(ValueError, match="ascending"):
        c.assign(0.6)
    assert mirrored.quantiles[0] is c
    v = Hyperparameter([0.1, 0.9], name="v")
    vector = portable_losses.Quantile(quantiles=v, crossing_penalty=2.0)
    _, y = data
    y_pred = np.concatenate([0.0 * y + 1.0, 0.0 * y - 1.0], axis=-1)
    for now in ([0.1, 0.9], [0.3, 0.4]):
        v.assign(now)
        plain = portable_losses.Quantile(quantiles=now, crossing_penalty=2.0)
        found, wanted = float(vector(y, y_pred)), float(plain(y, y_pred))
        assert found == pytest.approx(wanted, rel=1e-6)
    for bad in ([0.9, 0.1], [0.5, 0.5], [0.0, 0.5]):
        with pytest.raises(ValueError, match="Quantile: `quantiles"):
            v.assign(bad)
    assert v.value == (0.3, 0.4)
    with pytest.raises(ValueError, match="`crossing_penalty` must be 0 for one"):
        portable_losses.Quantile(quantiles=c, crossing_penalty=Hyperparameter(0.0))


def test_weights_of_classes_are_not_all_0():
    w = Hyperparameter(1.0, name="w")
    dice = portable_losses.SoftDice(class_weights=[0.0, w])
    with pytest.raises(ValueError, match="SoftDice: `class_weights` must be > 0 for a"):
        w.assign(0.0)
    v = Hyperparameter([1.0, 1.0], name="v")
    front = portable_losses.SoftDice(class_weights=v, include_background=False)
    v.assign([0.0, 1.0])
    with pytest.raises(ValueError, match="`class_weights` must be > 0 for a class"):
        v.assign([1.0, 0.0])
    assert (dice.class_weights[1], front.class_weights) == (w, v)
    del dice
    gc.collect()
    w.assign(0.0)


# --- where it hides -------------------------------------------------------------------


class Pair(NamedTuple):
    low: float
    high: float


def test_a_named_tuple(model, still, data):
    class Between(portable_losses.Loss):
        def __init__(self, limits, **kwargs):
            super().__init__(**kwargs)
            self.limits = limits

        def call(self, y_true, y_pred):
            assert isinstance(self.limits, Pair)
            return ops.mean(y_pred * 0.0 + self.limits.high - self.limits.low, axis=-1)

    w = Hyperparameter(3.0, name="w")
    loss = Between(Pair(1.0, w))
    assert float(loss(np.ones((2, 1)), np.ones((2, 1)))) == 2.0
    assert Between.from_config(loss.get_config()).limits.high is w
    x, y = data
    net = model()
    net.compile(still, loss=loss, metrics=[w])
    w.assign(5.0)
    np.testing.assert_allclose(net.train_on_batch(x, y), [4.0, 5.0])


@pytest.mark.parametrize("compiled", [False, True])
def test_a_loss_in_a_loss(compiled, model, still, data):
    x, y = data
    w = Hyperparameter(0.5, name="w")
    loss = Inner(portable_losses.Huber(delta=w))
    net = model()
    net.compile(still, loss=loss, metrics=loss.metrics, run_eagerly=not compiled)
    for delta in (0.5, 2.0):
        w.assign(delta)
        wanted = float(portable_losses.Huber(delta=delta)(y, 0.0 * y))
        assert float(loss(y, 0.0 * y)) == pytest.approx(wanted, rel=1e-6)
        found = net.train_on_batch(x, y)
        np.testing.assert_allclose(found, [wanted, delta], rtol=1e-5)
        report = portable_losses.diagnose(loss, y, 0.0 * y)
        assert report.value == pytest.approx(wanted, rel=1e-5)
