"""How do I add an L2 penalty on a layer's kernel to the loss? As its regularizer.

Stock Keras has it: `kernel_regularizer=L2(c)` adds c sum(kernel^2) to the loss, once
per batch. A penalty without a regularizer, for example on two layers at once, goes into
the model's `compute_loss`, in five lines. The training is the same.
"""

import keras
import numpy as np
from sklearn.datasets import load_diabetes

import portable_losses
from portable_losses import ops

PENALTY = 0.02


@keras.saving.register_keras_serializable("examples")
class PenalizedModel(keras.Model):
    """Adds the squares of its first layer's kernel to the loss."""

    def compute_loss(self, *args: object, **kwargs: object) -> object:
        loss = super().compute_loss(*args, **kwargs)
        return loss + PENALTY * ops.sum(ops.square(self.get_layer("first").kernel))


def data() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_diabetes(return_X_y=True)
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    return x, ((y - y.mean()) / y.std()).astype("float32")[:, None]


def build(
    model_class: type = PenalizedModel, regularizer: object = None
) -> keras.Model:
    keras.utils.set_random_seed(0)
    first = keras.layers.Dense(
        10,
        "relu",
        kernel_initializer="identity",
        kernel_regularizer=regularizer,
        name="first",
    )
    x = keras.Input((10,))
    y_pred = keras.layers.Dense(1, kernel_initializer="zeros")(first(x))
    model = model_class(x, y_pred)
    model.compile(keras.optimizers.SGD(0.05), loss=portable_losses.Huber())
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    x, y = data()
    history = model.fit(x, y, epochs=epochs, shuffle=False, verbose=0)
    return history.history["loss"]


def main() -> None:
    joint = build()
    regularized = build(keras.Model, keras.regularizers.L2(PENALTY))
    free = build(keras.Model)
    losses = train(joint, 10)
    np.testing.assert_allclose(train(regularized, 10), losses, rtol=1e-5)
    train(free, 10)

    squares, unpenalized = (
        np.sum(m.get_layer("first").get_weights()[0] ** 2) for m in (joint, free)
    )
    x, y = data()
    r = np.abs(joint.predict(x, verbose=0) - y)
    huber = np.where(r <= 1, r**2 / 2, r - 0.5).mean()
    by_hand = huber + PENALTY * squares
    np.testing.assert_allclose(joint.evaluate(x, y, verbose=0), by_hand, rtol=1e-5)

    print(f"loss {losses[0]:.3f}, then {losses[-1]:.3f}, in both forms")
    print(f"kernel's squares: {squares:.2f}, without the penalty {unpenalized:.2f}")
    assert squares < 0.8 * unpenalized


if __name__ == "__main__":
    main()
