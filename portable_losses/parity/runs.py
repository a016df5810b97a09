"""Short training runs, one for each training tool of the package.

Each run gets the package, does what a user's script would do, and returns the history
of `fit`.
"""

import dataclasses
import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from portable_losses.parity.case import Array
from portable_losses.parity.fits import (
    EPOCHS,
    History,
    compiled,
    fitted,
    hidden,
    ramp,
    small_model,
    two_heads,
)
from portable_losses.parity.training import standardized


@dataclasses.dataclass(frozen=True)
class Run:
    """A training run.

    Args:
        name: the training tool and how it is used, in words.
        fit: trains with the given package, and returns the history.
        like: name of the run whose history this one must repeat.
    """

    name: str
    fit: Callable[[Any], History]
    like: str | None = None


def function_with_arguments(pl: Any) -> History:
    """A `@loss` function with a number and with class weights."""

    @pl.loss
    def softened(y_true: Any, y_pred: Any, *, by: Any, class_weights: Any) -> Any:
        log_p = ops.log_softmax(y_pred / by)
        return -ops.sum(class_weights * ops.one_hot(y_true, 10) * log_p, axis=-1)

    loss = softened(by=2.0, class_weights=np.linspace(0.5, 1.5, 10))
    return fitted(compiled(small_model(64, 10), loss=loss), *standardized("digits"))


def terms_of_a_sum(pl: Any) -> History:
    """A `Sum` whose terms are in the history, not multiplied by their weights."""
    terms = {"squares": (0.7, pl.MeanSquaredError()), "huber": (0.3, pl.Huber())}
    loss = pl.Sum(terms)
    model = compiled(small_model(10, 1), loss=loss, metrics=loss.metrics)
    return fitted(model, *standardized("diabetes"))


def weight_by_epoch(pl: Any) -> History:
    """A weight that grows; validation uses the value of its epoch."""
    w = pl.Hyperparameter(ramp(0), name="w")
    model = compiled(small_model(10, 1), loss=pl.MeanSquaredError() + w * pl.LogCosh())
    moves = pl.HyperparameterScheduler(w, ramp)
    return fitted(model, *standardized("diabetes"), callbacks=[moves])


def saved_and_resumed(pl: Any) -> History:
    """`weight_by_epoch`, saved and resumed after half of the epochs."""
    w = pl.Hyperparameter(ramp(0), name="w")
    model = compiled(small_model(10, 1), loss=pl.MeanSquaredError() + w * pl.LogCosh())
    moves = pl.HyperparameterScheduler(w, ramp)
    x, y = standardized("diabetes")
    half = EPOCHS // 2
    before = fitted(model, x, y, callbacks=[moves], last=half)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.keras"
        model.save(path)
        model = keras.saving.load_model(path)
    moves = pl.HyperparameterScheduler("w", ramp)
    after = fitted(model, x, y, callbacks=[moves], first=half)
    return {name: before[name] + values for name, values in after.items()}


def delta_by_step(pl: Any) -> History:
    """An argument of a loss, set before each of forty steps."""
    delta = pl.Hyperparameter(1.0, name="delta")
    model = compiled(small_model(10, 1), loss=pl.Huber(delta=delta))
    moves = pl.HyperparameterScheduler(delta, lambda step: 0.97**step, by="step")
    return fitted(model, *standardized("diabetes"), callbacks=[moves])


def two_outputs(pl: Any) -> History:
    """A loss for each output; an argument of one of them changes."""
    w = pl.Hyperparameter(ramp(0), name="w")
    losses = {"level": pl.Huber(), "spread": w * pl.MeanSquaredError()}
    x, y = standardized("diabetes")
    model = compiled(keras.Model(*two_heads()), loss=losses)
    moves = pl.HyperparameterScheduler(w, ramp)
    return fitted(model, x, {"level": y, "spread": np.abs(y)}, callbacks=[moves])


def weight_and_its_rest(pl: Any) -> History:
    """One hyperparameter used twice, once as `w` and once in the formula `1 - w`."""
    w = pl.Hyperparameter(0.9, name="w")
    loss = w * pl.MeanSquaredError() + (1.0 - w) * pl.Huber(0.5)
    model = compiled(small_model(10, 1), loss=loss, metrics=loss.metrics)
    moves = pl.HyperparameterScheduler(w, lambda epoch, w: w - 0.2 * (epoch > 0))
    return fitted(model, *standardized("diabetes"), callbacks=[moves])


def endpoint(pl: Any) -> History:
    """A `LossEndpoint`, which gets inputs of the model."""

    @pl.loss
    def in_its_units(y_true: Any, y_pred: Any, unit: Any) -> Any:
        return ops.mean(ops.square((y_pred - y_true) / unit), axis=-1)

    inputs = [keras.Input(shape) for shape in ((10,), (1,), (1,), ())]
    x, target, unit, importance = inputs
    y_pred = keras.layers.Dense(1)(hidden(x))
    w = pl.Hyperparameter(ramp(0), name="w")
    end = pl.LossEndpoint(in_its_units(), weight=w)
    outputs = end(y_pred, target, unit, sample_weight=importance)
    moves = pl.HyperparameterScheduler(w, ramp)
    columns, y = standardized("diabetes")
    data = [columns, y, 1.0 + np.abs(columns[:, :1]), _between(0.5, 1.5, len(y))]
    return fitted(compiled(keras.Model(inputs, outputs)), data, callbacks=[moves])


def joint_loss(pl: Any) -> History:
    """`compute_loss`, where one loss takes both outputs."""
    gaussian = pl.GaussianNLL()

    class Joint(keras.Model):
        def compute_loss(self, x: Any, y: Any, y_pred: Any, *a: Any, **k: Any) -> Any:
            both = ops.concatenate([y_pred["level"], y_pred["spread"]], axis=-1)
            return gaussian(y, both)

    # The learning rate is a quarter of that of the other runs: with theirs, one of
    # eight seeds diverged.
    model = compiled(Joint(*two_heads()), rate=0.005)
    return fitted(model, *standardized("diabetes"))


def loss_of_a_kernel(pl: Any) -> History:
    """`compute_loss`, where the loss reads a weight of a layer."""
    huber = pl.Huber()

    class Shrinking(keras.Model):
        def compute_loss(self, x: Any, y: Any, y_pred: Any, *a: Any, **k: Any) -> Any:
            kernel = self.get_layer("hidden").kernel
            return huber(y, y_pred) + ops.mean(ops.square(kernel))

    x = keras.Input((10,))
    model = Shrinking(x, keras.layers.Dense(1)(hidden(x)))
    return fitted(compiled(model), *standardized("diabetes"))


def learned_temperature(pl: Any) -> History:
    """A learned temperature, which is a weight of a layer."""
    x = keras.Input((64,))
    logits = Temperature(name="temperature")(keras.layers.Dense(10)(hidden(x)))
    loss = pl.SparseCategoricalCrossentropy(from_logits=True)
    model = compiled(keras.Model(x, logits), loss=loss)
    return fitted(model, *standardized("digits"), callbacks=[LogsTemperature()])


class Temperature(keras.layers.Layer):
    """Divides logits by a temperature that is learned with the other weights."""

    def build(self, shape: Any) -> None:
        self.logarithm = self.add_weight(shape=(), initializer="zeros")

    def call(self, logits: Any) -> Any:
        return logits * ops.exp(-self.logarithm)


class LogsTemperature(keras.callbacks.Callback):
    """Adds the temperature to the history."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logarithm = self.model.get_layer("temperature").logarithm
        logs["temperature"] = np.exp(keras.ops.convert_to_numpy(logarithm))


def _between(low: float, high: float, count: int) -> Array:
    return np.linspace(low, high, count, dtype="float32")


RUNS = (
    Run("a function and its arguments", function_with_arguments),
    Run("a sum, each of its terms", terms_of_a_sum),
    Run("a weight that moves by epoch", weight_by_epoch),
    Run(
        "the same, saved and resumed",
        saved_and_resumed,
        like="a weight that moves by epoch",
    ),
    Run("Huber's delta, moving by step", delta_by_step),
    Run("two outputs, one loss moving", two_outputs),
    Run("w and 1 - w in one sum", weight_and_its_rest),
    Run("context and weights of an endpoint", endpoint),
    Run("one loss of two outputs", joint_loss),
    Run("a loss that reads a kernel", loss_of_a_kernel),
    Run("a temperature that is learned", learned_temperature),
)
