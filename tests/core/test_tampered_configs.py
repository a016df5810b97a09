"""The config of each loss and layer, changed as in a file, is rejected in our words.

A name of another module, or a lambda, is rejected by Keras, before we see it.
"""

import copy
import re

import keras
import pytest

import portable_losses
from portable_losses import ops
from portable_losses.parity.cases import families

OURS = re.compile(r"\w[\w ']*: `[\w.@\[\]']+` must .+; got .+ \(.+\)\.", re.DOTALL)
KERAS = re.compile(
    r"Could not locate (class|function)|a Python lambda|Expected 'config' to be a non"
)
EITHER = re.compile(f"{KERAS.pattern}|{OURS.pattern}", re.DOTALL)

CASES = {}
for _cases in families().values():
    for _case in _cases:
        CASES.setdefault(_case.loss, _case)


def function(module, name):
    return {
        "class_name": "function",
        "config": name,
        "module": module,
        "registered_name": name,
    }


def an_object(module, name, **config):
    return {
        "module": module,
        "class_name": name,
        "config": config,
        "registered_name": None,
    }


OF_KERAS = {
    "a function of a module": function("attack", "attack"),
    "os.system": function("os", "system"),
    "a class of a module": an_object("attack", "Attack"),
    "a lambda": {"class_name": "__lambda__", "config": {"value": "4wEAAAAA"}},
}
"""What Keras rejects wherever it stands."""

NOT_AN_ARGUMENT = {
    "code": "__import__('attack')",
    "a path": "os.system",
    "a function of Keras": function("keras.ops", "exp"),
    "a layer": an_object("keras.layers", "Dense", units=2),
    "nested lists": [[1.0], [2.0]],
    "a dict": {"a": 1.0},
    "NaN": float("nan"),
    "1e400": 10**400,
}
"""What no argument of a loss is."""

ANY_NUMBER = {
    "alpha": "GeneralRobust",
    "base": "MultiSimilarity",
    "bias": "SigLIP, StackViews",
    "log_zero": "SymmetricCrossentropy",
    "margin": "Circle",
    "min_log_variance": "BetaNLL",
    "axis": "any integer, which a call compares with the shapes",
    "ignore_class": "any integer",
    "blank_index": "CTC: any integer, which a call compares with the shapes",
}
"""Arguments that have no range, and the losses where they do not."""


def rejected(config, message=OURS):
    with pytest.raises((ValueError, TypeError)) as raised:
        keras.saving.deserialize_keras_object(config)
    assert message.search(str(raised.value)), raised.value


def changed(config, **entries):
    new = copy.deepcopy(config)
    new["config"].update(copy.deepcopy(entries))
    return new


def all_changes_are_rejected(config, names, sentinel):
    keras.saving.deserialize_keras_object(copy.deepcopy(config))  # as it is, it loads
    rejected(changed(config, attack=1.0))
    for name in names:
        for value in OF_KERAS.values():
            rejected(changed(config, **{name: value}), KERAS)
            assert not sentinel.exists()
        for value in NOT_AN_ARGUMENT.values():
            if name == "name" and isinstance(value, str):
                continue
            rejected(changed(config, **{name: value}))
            assert not sentinel.exists()
        if name not in ANY_NUMBER:
            rejected(changed(config, **{name: -1e30}))


@pytest.mark.parametrize("name", CASES)
def test_a_changed_loss_is_rejected(name, sentinel):
    loss = getattr(portable_losses, name)(**CASES[name].config)
    config = keras.saving.serialize_keras_object(loss)
    all_changes_are_rejected(config, list(config["config"]), sentinel)


@pytest.mark.parametrize("name", ["Huber", "Sum", "SoftDice"])
@pytest.mark.parametrize(
    "other",
    [
        {"class_name": "Attack", "module": "attack", "registered_name": "Attack"},
        {"class_name": "NoLoss", "registered_name": "portable_losses>NoLoss"},
        {"class_name": "function", "module": "os", "registered_name": "system"},
    ],
    ids=lambda other: other["class_name"],
)
def test_another_class_is_rejected(name, other, sentinel):
    loss = getattr(portable_losses, name)(**CASES[name].config)
    config = keras.saving.serialize_keras_object(loss) | other
    rejected(config, KERAS)


def test_another_loss_of_the_package_with_these_arguments_is_rejected(sentinel):
    config = keras.saving.serialize_keras_object(portable_losses.Huber())
    config |= {"class_name": "Sum", "registered_name": "portable_losses>Sum"}
    rejected(config)


# --- layers ---------------------------------------------------------------------------

LAYERS = {
    "CosineDense": lambda: portable_losses.CosineDense(3),
    "LinearCrossentropy": lambda: portable_losses.LinearCrossentropy(
        5, ignore_class=-1, class_weights=[1.0] * 5, softcap=3.0
    ),
    "tied": lambda: portable_losses.LinearCrossentropy(
        5, tied_to=keras.layers.Embedding(5, 3)
    ),
    "LinearChainCRF": lambda: portable_losses.LinearChainCRF(4),
    "StackViews": lambda: portable_losses.StackViews(temperature=0.5, bias=1.0),
    "LossEndpoint": lambda: portable_losses.LossEndpoint(portable_losses.Huber()),
}
OF_A_LAYER = set(keras.layers.Layer().get_config())
ANY_LAYER = {"tied_to": "a layer without a table is rejected when it is built"}


@pytest.mark.parametrize("name", LAYERS)
def test_a_changed_layer_is_rejected(name, sentinel):
    config = keras.saving.serialize_keras_object(LAYERS[name]())
    keras.saving.deserialize_keras_object(copy.deepcopy(config))
    with pytest.raises((TypeError, ValueError), match="attack"):
        keras.saving.deserialize_keras_object(changed(config, attack=1.0))
    own = [argument for argument in config["config"] if argument not in OF_A_LAYER]
    assert own
    for argument in own:
        for value in OF_KERAS.values():
            rejected(changed(config, **{argument: value}), EITHER)
            assert not sentinel.exists()
        for kind, value in NOT_AN_ARGUMENT.items():
            if argument not in ANY_LAYER or kind != "a layer":
                rejected(changed(config, **{argument: value}))
                assert not sentinel.exists()


def test_a_layer_without_a_table_is_no_embedding():
    config = keras.saving.serialize_keras_object(LAYERS["tied"]())
    dense = NOT_AN_ARGUMENT["a layer"]
    layer = keras.saving.deserialize_keras_object(changed(config, tied_to=dense))
    with pytest.raises(ValueError, match="`tied_to` must be a built Embedding layer"):
        layer.build((None, 3))


# --- functions, hyperparameters and formulas ------------------------------------------


@portable_losses.loss
def changed_mse(y_true, y_pred, *, weight=1.0, mode="mean", squared=True):
    return weight * ops.mean(ops.square(y_pred - y_true), axis=-1)


def of_function():
    return keras.saving.serialize_keras_object(changed_mse(weight=0.5))


@pytest.mark.parametrize("argument", ["weight", "mode", "squared"])
def test_a_changed_argument_of_a_function_is_rejected(argument, sentinel):
    for value in OF_KERAS.values():
        rejected(changed(of_function(), **{argument: value}), KERAS)
    for kind in ("a function of Keras", "a layer"):
        rejected(changed(of_function(), **{argument: NOT_AN_ARGUMENT[kind]}))
    if argument == "weight":
        for kind in ("code", "a path", "a dict", "1e400"):
            rejected(changed(of_function(), **{argument: NOT_AN_ARGUMENT[kind]}))


@pytest.mark.parametrize(
    "origin",
    [
        {"registered": "portable_losses>Sum"},
        {"registered": "portable_losses>Huber", "called": False},
        {"registered": "portable_losses>FunctionLoss"},
        {"registered": "Dense"},
        {"registered": "attack", "module": "attack"},
        {"registered": 5},
        {"registered": ["attack"]},
        {"module": None},
        {"called": "attack"},
    ],
    ids=str,
)
def test_the_name_of_what_is_no_loss_function_is_rejected(origin, sentinel):
    config = of_function()
    config["config"]["@loss"].update(origin)
    rejected(config)


@pytest.mark.parametrize("origin", [None, 5, "attack", [], {}, OF_KERAS["os.system"]])
def test_an_origin_that_is_none_is_rejected(origin, sentinel):
    rejected(changed(of_function(), **{"@loss": origin}))


def test_a_loss_of_a_function_without_one_is_rejected(sentinel):
    config = of_function()
    del config["config"]["@loss"]
    rejected(config)


def hyper(**entries):
    w = portable_losses.Hyperparameter(0.5, name="w")
    config = keras.saving.serialize_keras_object(portable_losses.Huber(delta=w))
    config["config"]["delta"]["config"].update(copy.deepcopy(entries))
    return config


@pytest.mark.parametrize("argument", ["value", "name", "identity", "missed_steps"])
def test_a_changed_hyperparameter_is_rejected(argument, sentinel):
    keras.saving.deserialize_keras_object(hyper())
    for value in OF_KERAS.values():
        rejected(hyper(**{argument: value}), KERAS)
    for value in NOT_AN_ARGUMENT.values():
        if argument in ("value", "missed_steps") or not isinstance(value, str):
            rejected(hyper(**{argument: value}))
    if argument == "value":
        rejected(hyper(value=-1.0))  # of Huber's delta


@pytest.mark.parametrize("argument", ["operation", "left", "right"])
def test_a_changed_formula_is_rejected(argument, sentinel):
    w = portable_losses.Hyperparameter(0.5, name="w")
    loss = portable_losses.Huber(delta=1.0 - w)
    config = keras.saving.serialize_keras_object(loss)
    keras.saving.deserialize_keras_object(copy.deepcopy(config))
    for kinds, message in ((OF_KERAS, KERAS), (NOT_AN_ARGUMENT, OURS)):
        for value in kinds.values():
            new = copy.deepcopy(config)
            new["config"]["delta"]["config"][argument] = copy.deepcopy(value)
            rejected(new, message)
