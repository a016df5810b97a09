"""How do I let a weight in the loss grow by epoch?

TensorFlow and JAX compile a plain attribute of a loss into the training step, where it
keeps its first value. A `Hyperparameter` changes, with `fit` and a callback, or in your
own loop with `train_on_batch`: the numbers are the same.
"""

import keras
import numpy as np
from sklearn.datasets import load_diabetes

import portable_losses

BATCH, STEPS = 32, 14


def data() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_diabetes(return_X_y=True)
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    return x, ((y - y.mean()) / y.std()).astype("float32")[:, None]


def weight_at(epoch: int) -> float:
    return min(1.0, 0.1 * epoch)


def build() -> keras.Model:
    keras.utils.set_random_seed(0)
    w = portable_losses.Hyperparameter(0.0, name="w")
    mse, mae = portable_losses.MeanSquaredError(), portable_losses.MeanAbsoluteError()
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((10,)), layer])
    # As a metric w is tracked by the model, which a loop needs, and shown.
    model.compile(keras.optimizers.SGD(0.01), loss=mse + w * mae, metrics=[w])
    return model


def epochs_done(model: keras.Model) -> int:
    return int(model.optimizer.iterations.numpy()) // STEPS


def train(model: keras.Model, epochs: int) -> list[float]:
    first = epochs_done(model)  # of a loaded model, too
    move = portable_losses.HyperparameterScheduler("w", weight_at)
    fit = {"batch_size": BATCH, "shuffle": False, "verbose": 0, "callbacks": [move]}
    fit |= {"initial_epoch": first, "epochs": first + epochs}
    return model.fit(*data(), **fit).history["loss"]


def train_by_hand(model: keras.Model, epochs: int) -> list[float]:
    (w,), first, losses = model.loss.hyperparameters, epochs_done(model), []
    x, y = data()
    for epoch in range(first, first + epochs):
        w.assign(weight_at(epoch))
        total = 0.0
        for i in range(0, len(x), BATCH):
            batch = x[i : i + BATCH], y[i : i + BATCH]
            logs = model.train_on_batch(*batch, return_dict=True)
            total += float(logs["loss"]) * len(batch[0])
        losses.append(total / len(x))
    return losses


def main() -> None:
    with_fit, by_hand = train(build(), 4), train_by_hand(build(), 4)
    print("with fit:", ", ".join(f"{loss:.4f}" for loss in with_fit))
    print(" by hand:", ", ".join(f"{loss:.4f}" for loss in by_hand))
    assert np.allclose(with_fit, by_hand, rtol=1e-5)
    train(model := build(), 4)
    (x, y), p = data(), model.predict(data()[0], verbose=0)
    expected = np.mean((p - y) ** 2) + 0.3 * np.mean(np.abs(p - y))
    shown = model.evaluate(x, y, verbose=0, return_dict=True)
    assert np.isclose(shown["loss"], expected, rtol=1e-5)


if __name__ == "__main__":
    main()
