"""How do I write Huber with its delta as an argument? In three lines, or not at all.

`huber(delta=0.5)`, a `@loss` function, and `portable_losses.Huber(delta=0.5)` have the
same values and the same training; the class also rejects a delta that is not positive.
Delta is in the units of y: standardize y, or give delta in these units.
"""

import keras
import numpy as np
from sklearn.datasets import load_diabetes

import portable_losses
from portable_losses import ops


@portable_losses.loss
def huber(y_true, y_pred, *, delta=1.0):
    r = ops.abs(y_pred - y_true)
    near = ops.minimum(r, delta)
    return ops.mean(near * (r - 0.5 * near), axis=-1)


def data() -> tuple[np.ndarray, np.ndarray]:
    """Diabetes, with one target in ten multiplied by a thousand."""
    x, y = load_diabetes(return_X_y=True)
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    y = ((y - y.mean()) / y.std()).astype("float32")[:, None]
    y[::10] *= 1000
    return x, y


def build(loss: object = None) -> keras.Model:
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((10,)), layer])
    model.compile(keras.optimizers.SGD(0.02), loss=loss or huber(delta=0.5))
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    x, y = data()
    history = model.fit(x, y, epochs=epochs, shuffle=False, verbose=0)
    return history.history["loss"]


def error(model: keras.Model) -> float:
    """Mean absolute error where the targets are right."""
    x, y = data()
    right = np.arange(len(x)) % 10 > 0
    return float(np.abs(model.predict(x, verbose=0) - y)[right].mean())


def main() -> None:
    function, (x, y) = build(), data()
    losses = train(function, 10)
    by_class = train(build(portable_losses.Huber(delta=0.5)), 10)
    np.testing.assert_allclose(losses, by_class, rtol=1e-5)

    r = np.abs(function.predict(x, verbose=0) - y)
    by_hand = np.where(r <= 0.5, r**2 / 2, 0.5 * r - 0.125).mean()
    np.testing.assert_allclose(function.evaluate(x, y, verbose=0), by_hand, rtol=1e-5)

    squared = build(portable_losses.MeanSquaredError())
    train(squared, 10)
    print(f"function and class: loss {losses[0]:.4f}, then {losses[-1]:.4f}")
    robust, not_so = error(function), error(squared)
    print(f"error on the right targets: {robust:.2f}, by squares {not_so:.2f}")
    assert robust < 0.7 < not_so


if __name__ == "__main__":
    main()
