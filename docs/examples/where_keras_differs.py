"""Three differences between Keras and portable_losses, on the backend you run.

The gradients come from a step of gradient descent on a bias that is the prediction, so
that the program is the same on every backend.
"""

import keras
import numpy as np

import portable_losses


def gradient(loss: keras.losses.Loss, y_true: float, at: float) -> float:
    """The gradient of a loss at a prediction: what a step of size 1 subtracts."""
    inputs = keras.Input((1,))
    start = keras.initializers.Constant(at)
    layer = keras.layers.Dense(1, kernel_initializer="zeros", bias_initializer=start)
    model = keras.Model(inputs, layer(inputs))
    model.compile(keras.optimizers.SGD(1.0), loss=loss)
    model.fit(np.zeros((1, 1)), np.full((1, 1), y_true), verbose=0)
    return at - float(layer.get_weights()[1][0])


def focal(library: object) -> str:
    loss = library.BinaryFocalCrossentropy(from_logits=True)
    value = float(loss(np.array([[1.0]]), np.array([[-200.0]], "float32")))
    return f"value {value:.1f}, gradient {gradient(loss, 1.0, -200.0):.1f}"


def class_257(library: object) -> str:
    logits = np.arange(1000, dtype="float32")[None] % 7
    loss = library.SparseCategoricalCrossentropy(from_logits=True, dtype="bfloat16")
    try:
        value = float(loss(np.array([257]), logits))
    except Exception as error:
        return f"{type(error).__name__}"
    total = np.log(np.exp(logits.astype("float64")).sum())
    scored = [c for c in (256, 257) if abs(total - logits[0, c] - value) < 0.1]
    return f"scored as class {scored[0]}"


class Weighted(keras.losses.Loss):
    """A squared error times a variable, as one would write it in Keras."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = keras.Variable(1.0, trainable=False)

    def call(self, y_true: object, y_pred: object) -> object:
        return self.weight * keras.ops.mean(keras.ops.square(y_pred - y_true), axis=-1)


def moving_weight(library: object) -> str:
    """The weights that the loss uses if 1, 10 and 100 are set, for an epoch each."""
    metrics = None
    if library is portable_losses:
        weight = portable_losses.Hyperparameter(1.0, name="weight")
        loss, metrics = weight * portable_losses.MeanSquaredError(), [weight]
    else:
        loss = Weighted()
        weight = loss.weight
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), loss=loss, metrics=metrics)

    def one_epoch() -> float:
        return model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0).history["loss"][0]

    first, seen = one_epoch(), []
    for value in (1.0, 10.0, 100.0):
        weight.assign(value)
        seen.append(round(one_epoch() / first))
    return "sees " + ", ".join(map(str, seen))


def main() -> None:
    print(f"on {keras.config.backend()}: Keras {keras.__version__}, portable_losses")
    for name, row in (
        ("focal loss at logit -200, target 1", focal),
        ("class 257 of 1000 in bfloat16", class_257),
        ("a weight set to 1, 10, 100", moving_weight),
    ):
        print(f"  {name}: {row(keras.losses)} | {row(portable_losses)}")
    assert focal(portable_losses) == "value 200.0, gradient -1.0"
    assert class_257(portable_losses) == "scored as class 257"
    assert moving_weight(portable_losses) == "sees 1, 10, 100"


if __name__ == "__main__":
    main()
