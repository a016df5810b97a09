"""How do I train on a table with missing entries? With a mask for each element.

Missing targets are NaN. The loss masks these elements: an item is the mean over the
columns with a target, and a sample without any target is excluded. No measured number
is lost, and no NaN reaches a gradient.
"""

import keras
import numpy as np
from sklearn.datasets import load_linnerud

import portable_losses
from portable_losses import ops


@keras.saving.register_keras_serializable("missing_entries")
class KnownHuber(portable_losses.Huber):
    """Huber over the targets that are known."""

    def keep(self, y_true):
        return ops.isfinite(y_true)


def data() -> tuple[np.ndarray, np.ndarray]:
    """Three exercises, and three measures of most men: some are missing."""
    x, y = load_linnerud(return_X_y=True)
    x, y = ((z - z.mean(0)) / z.std(0) for z in (x, y))
    y[2, 0] = y[5, 1:] = y[11] = np.nan
    return x.astype("float32"), y.astype("float32")


def build() -> keras.Model:
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(3, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((3,)), layer])
    model.compile(keras.optimizers.SGD(0.1), loss=KnownHuber(delta=1.0))
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    x, y = data()
    history = model.fit(
        x, y, batch_size=len(x), epochs=epochs, shuffle=False, verbose=0
    )
    return history.history["loss"]


def main() -> None:
    model, (x, y) = build(), data()
    losses = train(model, 30)
    print(f"{np.isnan(y).sum()} of {y.size} entries are missing")
    print(f"loss {losses[0]:.4f}, {losses[-1]:.4f} after 30 epochs")
    np.testing.assert_array_less(losses[1:], losses[:-1])

    # The mean over the other samples, each the mean over its known columns.
    p = model.predict(x, verbose=0)
    r = np.abs(p - y)
    terms = np.where(r <= 1.0, r**2 / 2, r - 0.5)
    rows = ~np.isnan(y).all(axis=1)
    want = np.nanmean(terms[rows], axis=1).mean()
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), want, rtol=1e-5)

    # If you have the mask, pass it to any loss; weights may have one per element, too.
    huber, known = portable_losses.Huber(delta=1.0), np.isfinite(y)
    np.testing.assert_allclose(float(huber(y, p, mask=known)), want, rtol=1e-5)


if __name__ == "__main__":
    main()
