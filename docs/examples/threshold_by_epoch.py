"""How do I move a threshold in the loss by epoch? Errors above it count ten times.

The threshold falls from 2 to 1 while the model trains: first the largest errors count
more, then also those of medium size. The logs have the threshold of each epoch.
"""

import keras
import numpy as np
from sklearn.datasets import load_breast_cancer

import portable_losses
from portable_losses import ops

STEPS = 18


@portable_losses.loss
def large_errors(
    y_true: object, y_pred: object, *, threshold: float, factor: float = 10.0
) -> object:
    error = ops.abs(y_pred - y_true)
    weight = ops.where(error > threshold, factor, 1.0)
    return ops.mean(weight * ops.square(error), axis=-1)


def data() -> tuple[np.ndarray, np.ndarray]:
    """Breast cancer data: the worst concavity of a tumor, from its mean features."""
    x, _ = load_breast_cancer(return_X_y=True)
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    return x[:, :10], x[:, 26:27]


def threshold_at(epoch: int) -> float:
    return max(1.0, 2.0 - 0.25 * epoch)


def build(factor: float = 10.0) -> keras.Model:
    keras.utils.set_random_seed(0)
    threshold = portable_losses.Hyperparameter(2.0, name="threshold")
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((10,)), layer])
    loss = large_errors(threshold=threshold, factor=factor)
    model.compile(keras.optimizers.SGD(0.005), loss=loss)
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    first = int(model.optimizer.iterations.numpy()) // STEPS  # of a loaded model, too
    move = portable_losses.HyperparameterScheduler("threshold", threshold_at)
    fit = {"initial_epoch": first, "epochs": first + epochs, "callbacks": [move]}
    history = model.fit(*data(), shuffle=False, verbose=0, **fit).history
    expected = [threshold_at(epoch) for epoch in range(first, first + epochs)]
    assert history["threshold"] == expected
    return history["loss"]


def main() -> None:
    x, y = data()
    worst = []
    for factor in (1.0, 10.0):
        model = build(factor)
        train(model, 20)
        error = np.abs(model.predict(x, verbose=0) - y)
        worst.append(error.max())
    print(f"the largest error: {worst[0]:.2f} with mean squared error, ", end="")
    print(f"{worst[1]:.2f} where large ones count ten times")
    assert worst[1] < 0.8 * worst[0]
    expected = np.mean(np.where(error > 1.0, 10.0, 1.0) * error**2)
    shown = model.evaluate(x, y, verbose=0, return_dict=True)
    assert np.isclose(shown["loss"], expected, rtol=1e-4)


if __name__ == "__main__":
    main()
