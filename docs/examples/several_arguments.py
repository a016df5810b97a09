"""How does a loss take several arguments? By name, numbers and vectors alike.

Here: weighted columns of a squared error, plus alpha times the sum of |y_pred|, plus
beta times the mean of its square. The sum runs over the columns of a sample, and the
mean over the batch follows. `K.sum(K.abs(y_pred))`, as people write it, runs over the
whole batch: its alpha counts B times, with B the batch size, and changes with B.
"""

import keras
import numpy as np
from sklearn.datasets import load_linnerud

import portable_losses
from portable_losses import ops

ARGUMENTS = {"alpha": 0.01, "beta": 0.1, "class_weights": [1.0, 2.0, 0.5]}
BATCH = 10


@portable_losses.loss
def penalized_mse(y_true, y_pred, *, alpha=0.0, beta=0.0, class_weights):
    error = ops.mean(class_weights * ops.square(y_pred - y_true), axis=-1)
    size = alpha * ops.sum(ops.abs(y_pred), axis=-1)
    return error + size + beta * ops.mean(ops.square(y_pred), axis=-1)


def sum_of_batch(y_true, y_pred):
    return ops.sum(ops.abs(y_pred))  # as people write it


def data() -> tuple[np.ndarray, np.ndarray]:
    """Three exercises, and three measures of the twenty men who did them."""
    x, y = load_linnerud(return_X_y=True)
    x, y = ((z - z.mean(0)) / z.std(0) for z in (x, y))
    return x.astype("float32"), y.astype("float32")


def build(**arguments: object) -> keras.Model:
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(3, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((3,)), layer])
    loss = penalized_mse(**(ARGUMENTS | arguments))
    model.compile(keras.optimizers.SGD(0.1), loss=loss)
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    x, y = data()
    history = model.fit(x, y, batch_size=BATCH, epochs=epochs, shuffle=False, verbose=0)
    return history.history["loss"]


def main() -> None:
    model, (x, y) = build(), data()
    losses = train(model, 20)
    p = model.predict(x, verbose=0)
    error = np.mean((p - y) ** 2 @ [1.0, 2.0, 0.5]) / 3
    absolute, square = np.abs(p).sum(axis=1).mean(), np.mean(p**2)
    by_hand = error + 0.01 * absolute + 0.1 * square
    print(f"loss {losses[0]:.4f}, after twenty epochs {losses[-1]:.4f}", end="")
    print(f"; by hand {by_hand:.4f}")
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), by_hand, rtol=1e-5)

    model.compile(loss=sum_of_batch)
    batch_wide = model.evaluate(x, y, batch_size=BATCH, verbose=0)
    print(f"the batch-wide sum is {batch_wide / absolute:.1f} times the sample's")
    np.testing.assert_allclose(batch_wide, BATCH * absolute, rtol=1e-5)

    strong = build(alpha=0.3)
    train(strong, 20)
    assert np.abs(strong.predict(x, verbose=0)).sum() < 0.8 * np.abs(p).sum()


if __name__ == "__main__":
    main()
