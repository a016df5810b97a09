"""How do I keep predictions away from zero? Add 1 / (|p| + eps)^2 to the loss.

Two classes are +1 and -1, so that a prediction near zero is undecided. A `Sum` adds the
weighted penalty to the squared error, and its metrics show both.
"""

import keras
import numpy as np
from sklearn.datasets import load_breast_cancer

import portable_losses
from portable_losses import ops


@portable_losses.loss
def near_zero(y_true: object, y_pred: object, *, eps: float = 0.3) -> object:
    # The targets are not used. The gradient of ops.abs at 0 is 0 on every backend; that
    # of keras.ops.abs is not.
    return ops.mean(1.0 / ops.square(ops.abs(y_pred) + eps), axis=-1)


def data() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_breast_cancer(return_X_y=True)
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    return x, (2.0 * y - 1.0).astype("float32")[:, None]


def build(weight: float = 0.1) -> keras.Model:
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((30,)), layer])
    loss = portable_losses.MeanSquaredError() + weight * near_zero()
    model.compile(keras.optimizers.SGD(0.01), loss=loss, metrics=loss.metrics)
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    history = model.fit(*data(), epochs=epochs, shuffle=False, verbose=0).history
    return history["loss"]


def main() -> None:
    x, y = data()
    undecided = []
    for weight in (0.0, 0.1):
        model = build(weight)
        train(model, 20)
        p = model.predict(x, verbose=0)
        undecided.append(float((np.abs(p) < 0.1).mean()))
    shown = model.evaluate(x, y, verbose=0, return_dict=True)
    print(
        f"predictions within 0.1 of zero: {undecided[0]:.1%} without the penalty, ",
        end="",
    )
    print(f"{undecided[1]:.1%} with it")
    print(", ".join(f"{name} {value:.3f}" for name, value in shown.items()))
    assert undecided[1] < 0.7 * undecided[0]
    penalty = np.mean(1.0 / (np.abs(p) + 0.3) ** 2)
    assert np.isclose(shown["near_zero"], penalty, rtol=1e-4)
    mse = np.mean((p - y) ** 2)
    assert np.isclose(shown["loss"], mse + 0.1 * penalty, rtol=1e-4)


if __name__ == "__main__":
    main()
