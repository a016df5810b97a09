"""How do I learn a temperature? In a layer before the loss, never in the loss.

The nearest mean of a class is a good classifier of digits, but its logits, differences
of squared distances, are far too confident. One temperature, learned on digits that
were not used for the means, fixes that (Guo et al., On Calibration of Modern Neural
Networks, 2017). A loss rejects the variable: no backend would train it there.
"""

import keras
import numpy as np
from sklearn.datasets import load_digits

import portable_losses

crossentropy = portable_losses.SparseCategoricalCrossentropy(from_logits=True)


@portable_losses.loss
def tempered(y_true: object, y_pred: object, *, temperature: float) -> object:
    """With a number it is a loss; with a variable it would not be trained."""
    return keras.ops.sparse_categorical_crossentropy(
        y_true, y_pred / temperature, from_logits=True
    )


@keras.saving.register_keras_serializable("examples")
class Temperature(keras.layers.Layer):
    """Divides logits by a learned temperature, which is positive: exp(log_t)."""

    def build(self, input_shape: tuple) -> None:
        self.log_t = self.add_weight(shape=(), initializer="zeros", name="log_t")

    def call(self, logits: object) -> object:
        return logits * keras.ops.exp(-self.log_t)


def data(first: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Every second digit: the first half for the means, the second to learn."""
    x, y = load_digits(return_X_y=True)
    return (x[first::2] / 4).astype("float32"), y[first::2]


def build() -> keras.Model:
    keras.utils.set_random_seed(0)
    classify = keras.layers.Dense(10, trainable=False)
    model = keras.Sequential([keras.Input((64,)), classify, Temperature(name="t")])
    x, y = data(first=0)
    means = np.stack([x[y == digit].mean(0) for digit in range(10)])
    # -|x - m|^2 == 2 x.m - |m|^2 - |x|^2; softmax does not depend on |x|^2
    classify.set_weights([2 * means.T, -np.sum(means**2, axis=1)])
    model.compile(keras.optimizers.Adam(0.1), loss=crossentropy)
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    fit = {"batch_size": 128, "epochs": epochs, "shuffle": False, "verbose": 0}
    return model.fit(*data(), **fit).history["loss"]


def main() -> None:
    model, (x, y) = build(), data()
    before = model.evaluate(x, y, verbose=0)
    train(model, 8)
    after = model.evaluate(x, y, verbose=0)
    t = np.exp(model.get_layer("t").get_weights()[0])
    print(f"temperature {t:.1f}: crossentropy from {before:.3f} to {after:.3f}")
    assert t > 1.5
    assert after < 0.5 * before
    logits = model.layers[0](x)
    assert np.isclose(after, float(tempered(temperature=t)(y, logits)), rtol=1e-4)
    try:
        tempered(temperature=keras.Variable(1.0))
    except TypeError as error:
        print(error)
        assert "which a loss cannot train" in str(error)
    else:
        raise AssertionError("a trainable variable in a loss was not rejected")


if __name__ == "__main__":
    main()
