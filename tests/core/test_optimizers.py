"""Models that were compiled and saved on torch find their optimizer elsewhere."""

import keras
import pytest

import portable_losses
from portable_losses.core import optimizers

BACKEND = keras.config.backend()
on_torch = pytest.mark.skipif(BACKEND != "torch", reason="what Keras does on torch")
off_torch = pytest.mark.skipif(BACKEND == "torch", reason="what we do off torch")


def public_optimizers():
    """Every optimizer class that a user can name."""
    found = {
        name: cls
        for name, cls in vars(keras.optimizers).items()
        if isinstance(cls, type) and issubclass(cls, keras.optimizers.Optimizer)
    }
    found.pop("Optimizer")
    found.pop("LossScaleOptimizer")  # it wraps another
    if not found:
        raise ValueError("keras.optimizers names no optimizer")
    return found


def saved_module(cls):
    """The module under which Keras saves an optimizer."""
    return keras.saving.serialize_keras_object(cls(0.1))["module"]


@on_torch
@pytest.mark.parametrize("name", optimizers.SAVED_ON_TORCH)
def test_keras_still_saves_it_under_an_internal_name(name):
    # When this fails, Keras saves a public name: core/optimizers.py can lose the entry.
    config = keras.saving.serialize_keras_object(getattr(keras.optimizers, name)(0.1))
    assert config["class_name"] == name
    assert "keras.src.backend.torch" in config["module"]


@on_torch
def test_no_other_optimizer_needs_it():
    internal = {
        name
        for name, cls in public_optimizers().items()
        if not saved_module(cls).startswith("keras.optimizers")
    }
    assert internal == set(optimizers.SAVED_ON_TORCH)


@on_torch
def test_nothing_is_registered_on_torch():
    known = keras.saving.get_custom_objects()
    assert not set(optimizers.SAVED_ON_TORCH) & set(known)


@off_torch
@pytest.mark.parametrize("name", optimizers.SAVED_ON_TORCH)
def test_an_internal_name_finds_the_public_class(name):
    saved = {
        "module": f"keras.src.backend.torch.optimizers.torch_{name.lower()}",
        "class_name": name,
        "config": {"learning_rate": 0.25},
        "registered_name": name,
    }
    found = keras.saving.deserialize_keras_object(saved)
    assert type(found) is getattr(keras.optimizers, name)
    assert float(found.learning_rate) == 0.25


@off_torch
def test_an_optimizer_that_the_user_registered_stays():
    class Adam(keras.optimizers.SGD):
        pass

    known = keras.saving.get_custom_objects()
    before = known["Adam"]
    try:
        known["Adam"] = Adam
        optimizers.find_optimizers_saved_on_torch()
        assert known["Adam"] is Adam
    finally:
        known["Adam"] = before
    assert before is keras.optimizers.Adam


def test_the_package_does_it_on_import():
    assert portable_losses.__version__
    registered = "Adam" in keras.saving.get_custom_objects()
    assert registered == (BACKEND != "torch")
