"""What is learned lives in a layer; a loss rejects it."""

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import ops


class Holds(portable_losses.Loss):
    def __init__(self, what):
        super().__init__()
        self.what = what

    def call(self, y_true, y_pred):
        return ops.mean(y_pred, axis=-1)


def built(trainable=True):
    layer = keras.layers.Dense(1)
    layer.build((None, 2))
    layer.trainable = trainable
    return layer


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: keras.Variable(1.0), "no trainable variable, which a loss cannot"),
        (lambda: [keras.Variable(1.0)], "no trainable variable, which a loss cannot"),
        (
            lambda: {"a": keras.Variable(1.0, trainable=False)},
            "no variable, which is frozen in compiled code on JAX",
        ),
        (built, "no layer with trainable variables"),
        (lambda: keras.random.SeedGenerator(0), "no SeedGenerator, which repeats"),
    ],
    ids=["trainable", "in a list", "frozen", "layer", "seed"],
)
def test_a_variable_in_a_loss_is_rejected(make, rule):
    with pytest.raises(TypeError, match=f"Holds: `what` must be {rule}.*got what=a"):
        Holds(make())


HUBER = portable_losses.Huber


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda v: HUBER(delta=v), "Huber: `delta`"),
        (lambda v: HUBER(class_weights=[1.0, v]), r"Huber: `class_weights`"),
        (lambda v: HUBER(class_weights={0: v}), r"Huber: `class_weights\[0\]`"),
        (
            lambda v: portable_losses.BinaryCrossentropy(pos_weight=v),
            "BinaryCrossentropy: `pos_weight`",
        ),
        (
            lambda v: portable_losses.Sum([(v, HUBER())]),
            r"Sum: `the weight of terms\['huber_loss'\]`",
        ),
        (
            lambda v: portable_losses.LossEndpoint(HUBER(), weight=v),
            "LossEndpoint: `weight`",
        ),
    ],
    ids=["number", "in a list", "in a dict", "pos_weight", "sum", "endpoint"],
)
def test_a_variable_is_not_taken_for_its_present_value(make, argument):
    rule = "must be no trainable variable, which a loss cannot train; got"
    with pytest.raises(TypeError, match=f"{argument} {rule}"):
        make(keras.Variable(1.0))


def test_a_vector_of_variables_is_rejected_too():
    rule = "must be no trainable variable, which a loss cannot train; got"
    with pytest.raises(TypeError, match=f"CategoricalCrossentropy: .* {rule}"):
        portable_losses.CategoricalCrossentropy(
            class_weights=keras.Variable([1.0, 2.0])
        )


@pytest.mark.parametrize("value", [0.5, [0.5, 2.0]], ids=["scalar", "vector"])
def test_a_hyperparameter_may_be_set_to_the_value_of_a_variable(value):
    w = portable_losses.Hyperparameter(np.ones_like(value))
    w.assign(keras.Variable(value))
    assert w.value == (tuple(value) if isinstance(value, list) else value)


def test_what_stays_as_it_is_may_be_held():
    loss = Holds(built(trainable=False))
    assert float(loss(np.ones((2, 1)), np.ones((2, 1)))) == 1.0


@keras.saving.register_keras_serializable("tests")
class Temperature(keras.layers.Layer):
    """Divides logits by a temperature that it learns."""

    def build(self, shape):
        self.log_temperature = self.add_weight(shape=(), initializer="zeros")

    def call(self, logits):
        return logits / ops.exp(self.log_temperature)


def test_a_layer_trains_and_saves_what_is_learned(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 3)).astype("float32"), rng.integers(0, 3, 64)
    keras.utils.set_random_seed(0)
    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3), Temperature()])
    loss = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(keras.optimizers.SGD(0.5), loss=loss)
    net.fit(x, y, epochs=3, verbose=0)
    learned = float(ops.convert_to_numpy(net.layers[-1].log_temperature))
    assert abs(learned) > 1e-3
    net.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    again = float(ops.convert_to_numpy(loaded.layers[-1].log_temperature))
    assert again == pytest.approx(learned)
