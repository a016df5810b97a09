"""How do I pass a vector of class weights? As an argument named `class_weights`.

A `@loss` function that has it gets a tensor with one weight per entry of y_pred's last
axis, from a list, an array or `{class index: weight}`. A vector of another length
raises ValueError with both lengths.
"""

import keras
import numpy as np
from sklearn.datasets import load_wine

import portable_losses
from portable_losses import ops


@portable_losses.loss
def brier(y_true, y_pred, *, class_weights):
    weight = ops.sum(class_weights * y_true, axis=-1)  # of the sample's class
    return weight * ops.sum(ops.square(y_pred - y_true), axis=-1)


def data() -> tuple[np.ndarray, np.ndarray]:
    """Two columns of the wine data, with ten of the 48 wines of class 2."""
    x, y = load_wine(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(x) - 38)
    x, y = x[rows][:, [1, 4]], y[rows]
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    return x, np.eye(3, dtype="float32")[y]


def build(class_weights: object = (1.0, 1.0, 10.0)) -> keras.Model:
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(3, "softmax", kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile(keras.optimizers.SGD(0.1), loss=brier(class_weights=class_weights))
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    x, y = data()
    history = model.fit(x, y, epochs=epochs, shuffle=False, verbose=0)
    return history.history["loss"]


def found(model: keras.Model) -> float:
    """The share of the rare class that the model finds."""
    x, y = data()
    rare = y.argmax(axis=1) == 2
    return float((model.predict(x, verbose=0).argmax(axis=1)[rare] == 2).mean())


def main() -> None:
    plain, weighted = build({}), build()
    train(plain, 20)
    train(weighted, 20)
    few, most = found(plain), found(weighted)
    print(f"of the rare wines {few:.0%} are found, with class_weights {most:.0%}")
    assert few < 0.3 and most > 0.5

    x, y = data()
    squares = np.sum((weighted.predict(x, verbose=0) - y) ** 2, axis=1)
    by_hand = np.mean(y @ [1.0, 1.0, 10.0] * squares)
    np.testing.assert_allclose(weighted.evaluate(x, y, verbose=0), by_hand, rtol=1e-5)

    try:
        train(build([1.0, 10.0]), 1)
    except ValueError as error:
        print(error)
        assert "of length 3" in str(error) and "has length 2" in str(error)
    else:
        raise AssertionError("two weights for three classes were taken")


if __name__ == "__main__":
    main()
