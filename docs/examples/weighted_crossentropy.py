"""Class weights of a crossentropy: in the loss, or in `fit(class_weight=...)`?

For one-hot targets the training is the same: both multiply an item by the weight of its
class and divide by the number of items. In the loss the weights are saved with it,
apply in `evaluate` and validation, too, and multiply each class's term of soft labels;
those of Keras use the argmax of the label, and apply in `fit` only. To divide by the
sum of the weights is another reduction.
"""

import keras
import numpy as np
from sklearn.datasets import load_wine

import portable_losses

WEIGHTS = {0: 1.0, 1: 1.0, 2: 10.0}


def data() -> tuple[np.ndarray, np.ndarray]:
    """Two columns of the wine data, with ten of the 48 wines of class 2."""
    x, y = load_wine(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(x) - 38)
    x, y = x[rows][:, [1, 4]], y[rows]
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    return x, np.eye(3, dtype="float32")[y]


def build(class_weights: object = WEIGHTS) -> keras.Model:
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(3, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((2,)), layer])
    loss = portable_losses.CategoricalCrossentropy(
        from_logits=True, class_weights=class_weights
    )
    model.compile(keras.optimizers.SGD(0.1), loss=loss)
    return model


def train(model: keras.Model, epochs: int, **kwargs: object) -> list[float]:
    x, y = data()
    history = model.fit(x, y, epochs=epochs, shuffle=False, verbose=0, **kwargs)
    return history.history["loss"]


def found(model: keras.Model) -> float:
    """The share of the rare class that the model finds."""
    x, y = data()
    rare = y.argmax(axis=1) == 2
    return float((model.predict(x, verbose=0).argmax(axis=1)[rare] == 2).mean())


def main() -> None:
    plain, in_loss, in_fit = build(None), build(), build(None)
    train(plain, 20)
    losses = train(in_loss, 20)
    np.testing.assert_allclose(train(in_fit, 20, class_weight=WEIGHTS), losses, 1e-5)
    few, most = found(plain), found(in_loss)
    print(f"of the rare wines {few:.0%} are found, with weights {most:.0%}")
    assert few < 0.3 and most > 0.5

    x, y = data()
    weighted, not_so = (m.evaluate(x, y, verbose=0) for m in (in_loss, in_fit))
    print(f"evaluate: {weighted:.3f} weighted in the loss, {not_so:.3f} in fit")
    p = in_loss.predict(x, verbose=0).astype("float64")
    items = -np.sum(y * (p - np.log(np.exp(p).sum(axis=1, keepdims=True))), axis=1)
    w = y @ list(WEIGHTS.values())
    np.testing.assert_allclose(weighted, np.mean(w * items), rtol=1e-5)
    np.testing.assert_allclose(not_so, items.mean(), rtol=1e-5)

    by_weight = portable_losses.CategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight"
    )
    mean = float(by_weight(y, p.astype("float32"), sample_weight=w))
    print(f"divided by the sum of the weights: {weighted / mean:.2f} times less")
    np.testing.assert_allclose(mean, weighted / w.mean(), rtol=1e-5)


if __name__ == "__main__":
    main()
