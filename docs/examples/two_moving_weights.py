"""How do I move two weights of a loss at once, one by epoch and one by step?

`w` changes the loss from squared to absolute errors by epoch; `1.0 - w` changes with it
and is saved with it. `ramp` adds a third term within the first 50 steps.
"""

import keras
import numpy as np
from sklearn.datasets import load_diabetes

import portable_losses
from portable_losses import ops

STEPS = 14


@portable_losses.loss
def size(y_true: object, y_pred: object) -> object:
    return ops.mean(ops.square(y_pred), axis=-1)


def data() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_diabetes(return_X_y=True)
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    return x, ((y - y.mean()) / y.std()).astype("float32")[:, None]


def share_at(epoch: int) -> float:
    return min(1.0, 0.25 * epoch)


def ramp_at(step: int) -> float:
    return 0.1 * min(1.0, step / 50)


def build() -> keras.Model:
    keras.utils.set_random_seed(0)
    w = portable_losses.Hyperparameter(0.0, name="w")
    ramp = portable_losses.Hyperparameter(0.0, name="ramp")
    mse, mae = portable_losses.MeanSquaredError(), portable_losses.MeanAbsoluteError()
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((10,)), layer])
    loss = (1.0 - w) * mse + w * mae + ramp * size
    model.compile(keras.optimizers.SGD(0.01), loss=loss)
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    # Epochs are counted by fit, steps by the optimizer, which is saved with the model.
    first = int(model.optimizer.iterations.numpy()) // STEPS
    move = portable_losses.HyperparameterScheduler
    callbacks = [move("w", share_at), move("ramp", ramp_at, by="step")]
    fit = {"initial_epoch": first, "epochs": first + epochs, "callbacks": callbacks}
    history = model.fit(*data(), shuffle=False, verbose=0, **fit).history
    last = (first + epochs) * STEPS - 1
    assert history["w"] == [share_at(e) for e in range(first, first + epochs)]
    assert np.isclose(history["ramp"][-1], ramp_at(last))
    return history["loss"]


def main() -> None:
    model = build()
    train(model, 3)
    (x, y), p = data(), model.predict(data()[0], verbose=0)
    terms = np.mean((p - y) ** 2), np.mean(np.abs(p - y)), np.mean(p**2)
    expected = 0.5 * terms[0] + 0.5 * terms[1] + ramp_at(3 * STEPS - 1) * terms[2]
    print(", ".join(f"{w.name} = {w.value:.3f}" for w in model.loss.hyperparameters))
    shown = model.evaluate(x, y, verbose=0, return_dict=True)
    assert np.isclose(shown["loss"], expected, rtol=1e-5)


if __name__ == "__main__":
    main()
