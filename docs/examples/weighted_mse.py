"""Weighted mse: does the weight belong to a column, or to a sample?

A column's weight is part of the loss, `MeanSquaredError(class_weights=...)`: how much
an output matters. A sample's weight is part of the data, `fit(sample_weight=...)`: how
often it counts. Both divide by a count, of columns and of samples, and not by the sum
of the weights: weights with mean 1 do not change the scale of the loss.
"""

import keras
import numpy as np
from sklearn.datasets import load_wine

import portable_losses

COLUMNS = [0.2, 2.6, 0.2]  # alcohol, hue, proline: the hue matters most


def data() -> tuple[np.ndarray, np.ndarray]:
    z, _ = load_wine(return_X_y=True)
    z = ((z - z.mean(0)) / z.std(0)).astype("float32")
    outputs = [0, 10, 12]
    return np.delete(z, outputs, axis=1), z[:, outputs]


def samples() -> np.ndarray:
    """Weight 0 for ten wines that we do not trust."""
    return np.r_[np.zeros(10), np.ones(168)].astype("float32")


def build(class_weights: object = COLUMNS) -> keras.Model:
    keras.utils.set_random_seed(0)
    # One number for all columns: what is better for one is worse for another.
    narrow = keras.layers.Dense(1, kernel_initializer="zeros")
    wide = keras.layers.Dense(3, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((10,)), narrow, wide])
    loss = portable_losses.MeanSquaredError(class_weights=class_weights)
    model.compile(keras.optimizers.SGD(0.1), loss=loss)
    return model


def train(model: keras.Model, epochs: int, y: object = None) -> list[float]:
    x, y = data() if y is None else (data()[0], y)
    fit = {"sample_weight": samples(), "shuffle": False, "verbose": 0}
    return model.fit(x, y, epochs=epochs, **fit).history["loss"]


def main() -> None:
    model, even, (x, y) = build(), build(None), data()
    losses = train(model, 10)
    train(even, 10)
    squares = (model.predict(x, verbose=0) - y) ** 2
    by_hand = np.sum(samples() * (squares @ COLUMNS / 3)) / len(x)
    shown = model.evaluate(x, y, sample_weight=samples(), verbose=0)
    print(f"loss {losses[0]:.3f}, then {shown:.3f}, by hand {by_hand:.3f}")
    np.testing.assert_allclose(shown, by_hand, rtol=1e-5)

    hue = squares.mean(axis=0)[1]
    hue_even = np.mean((even.predict(x, verbose=0) - y) ** 2, axis=0)[1]
    print(f"mean square of the hue: {hue:.3f}, columns alike {hue_even:.3f}")
    assert hue < 0.8 * hue_even

    y[:10] = 1e6  # of weight 0
    np.testing.assert_allclose(train(build(), 10, y), losses, rtol=1e-5)


if __name__ == "__main__":
    main()
