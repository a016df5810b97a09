"""How do I weigh positives ten times in a binary crossentropy?

`BinaryCrossentropy(pos_weight=10.0)`. Written out as a function it is the same, and so
is `fit(class_weight={0: 1.0, 1: 10.0})` of stock Keras: each divides by the number of
items, not by the sum of the weights.
"""

import keras
import numpy as np
from sklearn.datasets import load_breast_cancer

import portable_losses
from portable_losses import ops


@portable_losses.loss
def weighted_crossentropy(
    y_true: object, y_pred: object, *, pos_weight: float = 10.0
) -> object:
    # -log sigmoid(z) == softplus(-z), exact for logits z of any size
    positive = pos_weight * y_true * ops.softplus(-y_pred)
    return ops.mean(positive + (1.0 - y_true) * ops.softplus(y_pred), axis=-1)


def data() -> tuple[np.ndarray, np.ndarray]:
    """Breast cancer data with one malignant case left for ten benign ones."""
    x, y = load_breast_cancer(return_X_y=True)
    x = x[:, [1, 4]]  # mean texture and smoothness, a weak signal
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    malignant, benign = np.flatnonzero(y == 0), np.flatnonzero(y == 1)
    rows = np.concatenate([benign, malignant[: len(benign) // 10]])
    np.random.default_rng(0).shuffle(rows)
    return x[rows], (y[rows] == 0).astype("float32")[:, None]


def build(loss: object = weighted_crossentropy) -> keras.Model:
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile(keras.optimizers.SGD(0.05), loss=loss)
    return model


def train(model: keras.Model, epochs: int, **more: object) -> list[float]:
    fit = {"epochs": epochs, "shuffle": False, "verbose": 0, **more}
    return model.fit(*data(), **fit).history["loss"]


def found(model: keras.Model) -> float:
    x, y = data()
    return float((model.predict(x, verbose=0) > 0)[y == 1].mean())


def main() -> None:
    ours = portable_losses.BinaryCrossentropy(from_logits=True, pos_weight=10.0)
    stock = keras.losses.BinaryCrossentropy(from_logits=True)
    plain, weighted = build(stock), build()
    train(plain, 5)
    losses = train(weighted, 5)
    print(f"positives found: plain {found(plain):.0%}, ", end="")
    print(f"with a weight of 10 {found(weighted):.0%}")
    assert found(weighted) > found(plain) + 0.3
    assert np.allclose(losses, train(build(ours), 5), rtol=1e-5)
    by_class = train(build(stock), 5, class_weight={0: 1.0, 1: 10.0})
    assert np.allclose(losses, by_class, rtol=1e-5)


if __name__ == "__main__":
    main()
