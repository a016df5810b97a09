"""How do I write one loss of two outputs? Override `compute_loss`.

Keras gives each output its own loss, on every backend. A term of several outputs goes
into the model's `compute_loss`, which gets all outputs, all targets and the inputs.
Here these are the mean and the largest area of a tumor's cell nuclei, and the joint
term is for cases where the largest is predicted below the mean.
"""

import keras
import numpy as np
from sklearn.datasets import load_breast_cancer

import portable_losses
from portable_losses import ops

mse = portable_losses.MeanSquaredError()


@keras.saving.register_keras_serializable("examples")
class Ordered(keras.Model):
    """Two outputs, each with a squared error, and a penalty on their wrong order."""

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        separate = mse(y["mean"], y_pred["mean"]) + mse(y["worst"], y_pred["worst"])
        return separate + 2.0 * ops.mean(ops.relu(y_pred["mean"] - y_pred["worst"]))


def data() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Breast cancer data: two areas, in one unit, from the other mean features."""
    x, _ = load_breast_cancer(return_X_y=True)
    areas = ((x[:, [3, 23]] - x[:, 3].mean()) / x[:, 3].std()).astype("float32")
    x = np.delete(x[:, :10], 3, axis=1)
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    return x, {"mean": areas[:, :1], "worst": areas[:, 1:]}


def build(cls: type[keras.Model] = Ordered, loss: object = None) -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((9,))
    outputs = {
        name: keras.layers.Dense(1, kernel_initializer="zeros", name=name)(x)
        for name in ("mean", "worst")
    }
    model = cls(x, outputs)
    model.compile(keras.optimizers.SGD(0.02), loss=loss)
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    history = model.fit(*data(), epochs=epochs, shuffle=False, verbose=0).history
    return history["loss"]


def main() -> None:
    separate, joint = build(keras.Model, {"mean": mse, "worst": mse}), build()
    train(separate, 20)
    train(joint, 20)
    x, y = data()
    wrong = []
    for model in (separate, joint):
        p = model.predict(x, verbose=0)
        wrong.append(int(np.sum(p["worst"] < p["mean"])))
    print(f"in the wrong order: {wrong[0]} of {len(x)} with a loss each, ", end="")
    print(f"{wrong[1]} with a joint loss")
    assert wrong[1] < 0.5 * wrong[0]
    expected = sum(np.mean((p[name] - y[name]) ** 2) for name in y)
    expected += 2.0 * np.mean(np.maximum(p["mean"] - p["worst"], 0.0))
    shown = joint.evaluate(x, y, verbose=0, return_dict=True)
    assert np.isclose(shown["loss"], expected, rtol=1e-5)


if __name__ == "__main__":
    main()
