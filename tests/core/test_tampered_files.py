"""A saved model whose loss was changed in the file is rejected, and runs nothing."""

import copy
import json
import zipfile

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import ops


@portable_losses.loss
def tampered_mse(y_true, y_pred, *, weight=1.0):
    return weight * ops.mean(ops.square(y_pred - y_true), axis=-1)


LOSSES = {
    "loss": lambda: portable_losses.Huber(delta=2.0),
    "sum": lambda: 0.5 * portable_losses.Huber() + portable_losses.MeanSquaredError(),
    "function": lambda: tampered_mse(weight=0.5),
    "moving": lambda: portable_losses.Huber(
        delta=portable_losses.Hyperparameter(0.5, name="w")
    ),
}


def saved(path, loss):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    # The number that moves is tracked by the model where the backend asks for it.
    delta = getattr(loss, "delta", None)
    moving = [delta] if isinstance(delta, portable_losses.Hyperparameter) else None
    model.compile("sgd", loss=loss, metrics=moving)
    model.fit(np.ones((4, 3), "float32"), np.ones((4, 2), "float32"), verbose=0)
    model.save(path)


def objects(config):
    """Every serialized object in a config, from the outside in."""
    if isinstance(config, dict):
        if "class_name" in config and "config" in config:
            yield config
        for value in config.values():
            yield from objects(value)
    elif isinstance(config, list):
        for value in config:
            yield from objects(value)


def rewrite(source, target, change):
    """Copy a .keras file, with the loss in its config changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for item in old.namelist():
            data = old.read(item)
            if item == "config.json":
                config = json.loads(data)
                change(config["compile_config"]["loss"])
                data = json.dumps(config).encode()
            new.writestr(item, data)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    for name, make in LOSSES.items():
        saved(folder / f"{name}.keras", make())
    return folder


def become(**entries):
    def change(found):
        found.clear()
        found.update(copy.deepcopy(entries))

    return change


NUMBERS = ("delta", "value", "terms")


def with_argument(value):
    def change(found):
        (name,) = set(NUMBERS) & set(found["config"])
        found["config"][name] = value

    return change


ELSEWHERE = {
    "another module": become(
        module="attack", class_name="Attack", config={}, registered_name="Attack"
    ),
    "a function of a module": become(
        module="attack", class_name="function", config="attack", registered_name=None
    ),
    "os.system": become(
        module="os", class_name="function", config="system", registered_name="system"
    ),
    "builtins.exec": become(
        module="builtins", class_name="function", config="exec", registered_name=None
    ),
    "builtins.eval": become(
        module="builtins", class_name="eval", config={}, registered_name="eval"
    ),
    "a lambda": become(
        class_name="__lambda__", config={"value": "4wEAAAAA", "defaults": None}
    ),
    "a lambda layer": become(
        module="keras.layers",
        class_name="Lambda",
        config={"function": {"class_name": "__lambda__", "config": {"value": "4w=="}}},
        registered_name=None,
    ),
    "a class that is no loss": become(
        module="keras.layers", class_name="Dense", config={"units": 2}
    ),
    "an unknown name": lambda found: found.update(
        registered_name="portable_losses>NoSuchLoss", class_name="NoSuchLoss"
    ),
}
VALUES = {
    "no number": with_argument("__import__('attack')"),
    "a list": with_argument([1.0, [2.0]]),
    "a dict": with_argument({"class_name": "Attack"}),
    "NaN": with_argument(float("nan")),
    "infinity": with_argument(float("inf")),
    "1e400": with_argument(10**400),
    "another argument": lambda found: found["config"].update(attack=1.0),
}


NEED_A_NUMBER = set(VALUES) - {"another argument"}


def places(files, name, attack):
    """Which of the serialized objects in the loss of a file an attack changes."""
    with zipfile.ZipFile(files / f"{name}.keras") as file:
        config = json.loads(file.read("config.json"))
    return [
        i
        for i, found in enumerate(objects(config["compile_config"]["loss"]))
        if "DTypePolicy" not in found["class_name"]
        # Arguments of a function are of any kind, and NaN may be one of them.
        and (attack not in NEED_A_NUMBER or set(NUMBERS) & set(found["config"]))
        # Keras hands the loss itself to `compile`, which takes what can be called.
        and (attack != "a class that is no loss" or i > 0)
    ]


@pytest.mark.parametrize("attack", {**ELSEWHERE, **VALUES})
@pytest.mark.parametrize("name", LOSSES)
def test_a_tampered_file_is_rejected(name, attack, files, sentinel, tmp_path):
    tampered = tmp_path / "tampered.keras"
    for place in places(files, name, attack):
        change = {**ELSEWHERE, **VALUES}[attack]
        rewrite(
            files / f"{name}.keras",
            tampered,
            lambda loss, place=place, change=change: change(list(objects(loss))[place]),
        )
        with pytest.raises((ValueError, TypeError)):
            keras.saving.load_model(tampered)
        assert not sentinel.exists()


@pytest.mark.parametrize("name", LOSSES)
def test_the_file_as_it_was_saved_loads(name, files):
    assert keras.saving.load_model(files / f"{name}.keras").loss is not None
