"""How do I give a loss a scalar weight? As a keyword argument of a `@loss` function.

`weighted_mse(weight=0.5)` is a loss, saved with its weight. As the only
term of a loss a weight is like a learning rate: with SGD half the weight is half the
step. It matters more if the loss has a second term.
"""

import keras
import numpy as np
from sklearn.datasets import load_diabetes

import portable_losses
from portable_losses import ops


@portable_losses.loss
def weighted_mse(y_true, y_pred, *, weight=1.0):
    return weight * ops.mean(ops.square(y_pred - y_true), axis=-1)


def data() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_diabetes(return_X_y=True)
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    return x, ((y - y.mean()) / y.std()).astype("float32")[:, None]


def build(weight: float = 0.5, rate: float = 0.02) -> keras.Model:
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((10,)), layer])
    model.compile(keras.optimizers.SGD(rate), loss=weighted_mse(weight=weight))
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    x, y = data()
    history = model.fit(x, y, epochs=epochs, shuffle=False, verbose=0)
    return history.history["loss"]


def main() -> None:
    model, (x, y) = build(), data()
    losses = train(model, 5)
    by_hand = 0.5 * np.mean((model.predict(x, verbose=0) - y) ** 2)
    print(f"loss {losses[0]:.3f}, after five epochs {losses[-1]:.3f}", end="")
    print(f"; half the mean square by hand: {by_hand:.3f}")
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), by_hand, rtol=1e-5)
    assert losses[-1] < losses[0]

    unweighted = train(build(weight=1.0, rate=0.01), 5)
    np.testing.assert_allclose(losses, 0.5 * np.array(unweighted), rtol=1e-5)


if __name__ == "__main__":
    main()
