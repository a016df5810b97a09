"""How do I get the squared error of each sample? With `reduction=None`.

A loss function returns one value per sample, the mean over its columns. `fit` and
`evaluate` show the mean of these; `mse(reduction=None)` returns them.
"""

import keras
import numpy as np
from sklearn.datasets import load_linnerud

import portable_losses
from portable_losses import ops


@portable_losses.loss
def mse(y_true, y_pred):
    return ops.mean(ops.square(y_pred - y_true), axis=-1)


def data() -> tuple[np.ndarray, np.ndarray]:
    """Three exercises, and three measures of the twenty men who did them."""
    x, y = load_linnerud(return_X_y=True)
    x, y = ((z - z.mean(0)) / z.std(0) for z in (x, y))
    return x.astype("float32"), y.astype("float32")


def build() -> keras.Model:
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(3, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((3,)), layer])
    model.compile(keras.optimizers.SGD(0.1), loss=mse)
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    x, y = data()
    history = model.fit(
        x, y, batch_size=len(x), epochs=epochs, shuffle=False, verbose=0
    )
    return history.history["loss"]


def main() -> None:
    model, (x, y) = build(), data()
    train(model, 10)
    p = model.predict(x, verbose=0)
    items = keras.ops.convert_to_numpy(mse(reduction=None)(y, p))
    shown = model.evaluate(x, y, verbose=0)
    worst = items.argmax()
    print(f"{items.shape[0]} items, of mean {items.mean():.4f}; shown {shown:.4f}")
    print(f"man {worst} is predicted worst: {items[worst]:.2f}")
    np.testing.assert_allclose(items, np.mean((p - y) ** 2, axis=1), rtol=1e-5)
    np.testing.assert_allclose(items.mean(), shown, rtol=1e-5)
    # fit computes the loss of a batch before the training step
    np.testing.assert_allclose(train(model, 1), items.mean(), rtol=1e-5)


if __name__ == "__main__":
    main()
