"""How do I learn the weights of two tasks? Hold them in a layer that adds the loss.

No backend trains a variable in a loss; in a layer it is trained, saved and
loaded. The layer holds a log variance s for each task and adds sum(exp(-s) L + s):
twice equation 7 of Kendall, Gal and Cipolla, Multi-Task Learning Using Uncertainty to
Weigh Losses for Scene Geometry and Semantics, 2018. At the optimum exp(s) is the task's
own loss L. For constant weights use stock Keras: `compile(loss_weights=...)`.
"""

import pathlib
import tempfile

import keras
import numpy as np
from sklearn.datasets import load_linnerud

import portable_losses
from portable_losses import ops

mse = portable_losses.MeanSquaredError()


@keras.saving.register_keras_serializable("examples")
class TaskLosses(keras.layers.Layer):
    """Adds the losses of the columns of y_pred with learned weights, returns y_pred."""

    def build(self, y_pred_shape: tuple, y_true_shape: tuple) -> None:
        shape = (y_pred_shape[-1],)
        self.s = self.add_weight(shape=shape, initializer="zeros", name="s")

    def call(self, y_pred: object, y_true: object) -> object:
        columns = range(y_pred.shape[-1])
        losses = ops.stack([mse(y_true[:, i], y_pred[:, i]) for i in columns])
        self.add_loss(ops.sum(ops.exp(-self.s) * losses + self.s))
        return y_pred


def data() -> tuple[dict[str, np.ndarray], None]:
    """Waist and pulse from three exercises; the pulse is hard to predict."""
    x, y = load_linnerud(return_X_y=True)
    x, y = (((a - a.mean(0)) / a.std(0)).astype("float32") for a in (x, y))
    return {"x": x, "y": y[:, 1:]}, None


def build() -> keras.Model:
    keras.utils.set_random_seed(0)
    x, y = keras.Input((3,), name="x"), keras.Input((2,), name="y")
    y_pred = keras.layers.Dense(2, kernel_initializer="zeros", name="y_pred")(x)
    output = TaskLosses(name="tasks")(y_pred, y)
    model = keras.Model({"x": x, "y": y}, output)
    model.compile(keras.optimizers.SGD(0.15))
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    fit = {"batch_size": 20, "epochs": epochs, "shuffle": False, "verbose": 0}
    return model.fit(*data(), **fit).history["loss"]


def main() -> None:
    model, (inputs, _) = build(), data()
    train(model, 60)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.keras"
        model.save(path)
        again = keras.saving.load_model(path)
    learned = again.get_layer("tasks").get_weights()[0]
    assert np.array_equal(learned, model.get_layer("tasks").get_weights()[0])
    error = again.predict(inputs, verbose=0) - inputs["y"]
    print("variance of waist and pulse, learned:", np.exp(learned).round(3))
    print("             mean squared errors are:", np.mean(error**2, axis=0).round(3))
    assert np.allclose(np.exp(learned), np.mean(error**2, axis=0), rtol=0.05)


if __name__ == "__main__":
    main()
