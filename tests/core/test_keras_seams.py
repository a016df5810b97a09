"""What the package leans on in Keras without a public name; a test for each promise.

One that fails says which function of `core/keras_seams.py` needs another way.
"""

import keras
import numpy as np
import pytest

from portable_losses.core import keras_seams as seams

BACKEND = keras.config.backend()


@pytest.fixture(name="model")
def _model():
    inner = keras.Sequential([keras.layers.Dense(2), keras.layers.Dense(1)])
    model = keras.Sequential([keras.Input((3,)), inner])
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    return model


@pytest.mark.skipif(BACKEND == "jax", reason="a tracer takes no attributes")
def test_a_layer_attaches_its_mask_to_the_tensor():
    layer = keras.layers.Masking(mask_value=0.0)
    y = layer(np.array([[[0.0], [1.0]]], "float32"))
    mask = keras.ops.convert_to_numpy(seams.mask_on(y))
    assert mask.tolist() == [[False, True]]


def test_all_layers_of_a_model_are_found_the_model_first(model):
    layers = seams.layers_of(model)
    assert layers[0] is model
    assert sum(isinstance(x, keras.layers.Dense) for x in layers) == 2


def test_metrics_are_known_before_the_first_batch(model):
    assert len(model.metrics) < 3
    assert seams.metrics_of_compile(model) == ["mae", "mse"]
    assert all(
        x is None
        for x in seams.metrics_of_compile(keras.Sequential([keras.Input((1,))]))
    )


def test_a_symbolic_call_is_told_from_one_with_values():
    seen = []

    class Layer(keras.layers.Layer):
        def call(self, x):
            seen.append(seams.is_symbolic())
            return x

    layer = Layer()
    layer(np.zeros((1, 1), "float32"))
    layer.compute_output_spec(keras.KerasTensor((1, 1)))
    assert seen == [False, True]


def test_a_stateless_call_is_known_by_its_scope_which_collects_losses():
    assert seams.stateless_scope() is None
    with keras.StatelessScope(collect_losses=True) as scope:
        found = seams.stateless_scope()
        assert found is scope
        assert found.collect_losses
        assert list(found.losses) == []


def test_a_stateless_call_has_values_in_place_of_those_of_variables():
    assert seams.values_of_scope() == []
    v, x = keras.Variable([1.0]), keras.ops.convert_to_tensor([2.0])
    with keras.StatelessScope([(v, x)]):
        (found,) = seams.values_of_scope()
    assert float(found[0]) == 2.0


@pytest.mark.parametrize("name", ["state_sync", "mlx_state_sync"])
def test_a_model_whose_step_holds_its_state_gives_it_back(name):
    calls = []
    method = {name: lambda self: calls.append(self), "_state_sync": None}
    model = type("Model", (), method)()
    seams.synchronize(model)
    assert calls == [model]
    seams.synchronize(keras.Model())  # nothing to give back, or nothing that happens


def test_a_model_that_is_built_takes_one_more_variable():
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

    model, more = Model(), keras.layers.Dense(1)
    more.build((None, 1))
    model(np.zeros((1, 1), "float32"))
    with seams.unlocked(model):
        model.more = more
    assert any(v is more.kernel for v in model.trainable_variables)
    with pytest.raises(ValueError, match="already built"):
        model.another = keras.layers.Dense(1)


def test_a_variable_holds_its_own_array_whatever_a_scope_has_for_it():
    v = keras.Variable([1.0])
    other = keras.ops.convert_to_tensor([2.0])
    with keras.StatelessScope(state_mapping=[(v, other)]):
        assert float(keras.ops.convert_to_numpy(v.value)[0]) == 2.0
        assert float(keras.ops.convert_to_numpy(seams.own_value(v))[0]) == 1.0


class Noting(keras.layers.Layer):
    """A layer that notes what calls of Keras make it, and ask for its config."""

    made_in, asked_in = [], []

    def __init__(self, **rest):
        super().__init__(**rest)
        call = seams.call_that_copies()
        Noting.made_in.append(None if call is None else call.f_code.co_name)

    def call(self, x):
        return x

    def get_config(self):
        Noting.asked_in.append(seams.saves_configs())
        return super().get_config()


NOTING = {"Noting": Noting}
of_json = keras.models.model_from_json


@pytest.fixture(name="noting")
def _noting():
    Noting.made_in, Noting.asked_in = [], []
    model = keras.Sequential([keras.Input((1,)), Noting()])
    assert Noting.made_in == [None]
    return model


@pytest.mark.parametrize(
    ("copy", "name"),
    [
        (keras.models.clone_model, "clone_model"),
        (lambda m: type(m).from_config(m.get_config(), NOTING), "from_config"),
        (
            lambda m: keras.models.model_from_json(m.to_json(), NOTING),
            "model_from_json",
        ),
    ],
    ids=["clone_model", "from_config", "model_from_json"],
)
def test_the_call_that_copies_is_found_by_its_name(noting, copy, name):
    copy(noting)
    assert Noting.made_in[1:] == [name]


def test_a_file_that_is_loaded_is_a_copy_of_its_own(noting, tmp_path):
    path = tmp_path / "model.keras"
    noting.save(path)
    keras.saving.load_model(path, NOTING)
    assert Noting.made_in[1:] == ["load_model"]


def test_the_config_of_a_layer_is_made_in_its_get_config(noting):
    assert not seams.saves_configs()
    noting.get_config()
    assert Noting.asked_in == [True]
