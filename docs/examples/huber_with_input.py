"""How can a loss see the model's input? As a further argument of `call`.

With `compile` a loss gets only the target and the prediction. A `LossEndpoint`, a layer
with the target as an input, passes it any tensor of the model. Here an error counts
more if the person's body mass index, a column of the input, is higher.
"""

import keras
import numpy as np
from sklearn.datasets import load_diabetes

import portable_losses
from portable_losses import ops


@keras.saving.register_keras_serializable("examples")
class HuberWithInput(portable_losses.Huber):
    """Huber, times 1 + steepness * bmi where the index is above its mean."""

    def __init__(self, steepness: float = 2.0, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.steepness = steepness

    def call(self, y_true: object, y_pred: object, x: object) -> object:
        return super().call(y_true, y_pred) * (1 + self.steepness * ops.relu(x[:, 2]))


def data() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_diabetes(return_X_y=True)
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    return x, ((y - y.mean()) / y.std()).astype("float32")[:, None]


def build(steepness: float = 2.0) -> keras.Model:
    keras.utils.set_random_seed(0)
    x, y_true = keras.Input((10,), name="x"), keras.Input((1,), name="y_true")
    y_pred = keras.layers.Dense(1, kernel_initializer="zeros", name="y_pred")(x)
    loss = HuberWithInput(steepness=steepness, delta=0.5)
    end = portable_losses.LossEndpoint(loss)(y_pred, y_true, x)
    model = keras.Model([x, y_true], end)
    model.compile(keras.optimizers.SGD(0.02))  # the loss is in the model
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    x, y = data()
    history = model.fit([x, y], epochs=epochs, shuffle=False, verbose=0)
    return history.history["loss"]


def residuals(model: keras.Model) -> np.ndarray:
    x, y = data()
    predicts = keras.Model(model.inputs[0], model.get_layer("y_pred").output)
    return np.abs(predicts.predict(x, verbose=0) - y)[:, 0]


def main() -> None:
    model, blind = build(), build(steepness=0.0)
    losses = train(model, 10)
    train(blind, 10)
    (x, y), r = data(), residuals(model)
    huber = np.where(r <= 0.5, r**2 / 2, 0.5 * r - 0.125)
    by_hand = np.mean(huber * (1 + 2 * np.maximum(x[:, 2], 0)))
    shown = model.evaluate([x, y], verbose=0)
    print(f"loss {losses[0]:.3f}, then {shown:.3f}, by hand {by_hand:.3f}")
    np.testing.assert_allclose(shown, by_hand, rtol=1e-5)

    heavy = x[:, 2] > 1.5
    seen, unseen = r[heavy].mean(), residuals(blind)[heavy].mean()
    print(f"error at a high index: {seen:.3f}, if the loss is blind {unseen:.3f}")
    assert seen < unseen


if __name__ == "__main__":
    main()
