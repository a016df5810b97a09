"""A loss of your own, fixed by its import line, saved, and loaded again.

At 0, `keras.ops.abs` has another gradient on JAX than on the other backends, and
`keras.ops.norm` has none on two backends. `portable_losses.ops` has every name of
`keras.ops`, with one convention for all.
"""

import pathlib
import tempfile

import keras
import numpy as np
from sklearn.datasets import load_diabetes

import portable_losses
from portable_losses import ops  # was: from keras import ops


@keras.saving.register_keras_serializable("examples")
class AbsolutePlusNorm(portable_losses.Loss):
    """Mean absolute error plus `share` times the norm of the residual."""

    def __init__(self, share: float = 0.1, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.share = share

    def call(self, y_true: object, y_pred: object) -> object:
        error = ops.subtract(y_pred, y_true)
        absolute = ops.mean(ops.abs(error), axis=-1)
        return absolute + self.share * ops.norm(error, axis=-1)


def main() -> None:
    keras.utils.set_random_seed(0)
    x, y = load_diabetes(return_X_y=True)
    x = (x / x.std(0)).astype("float32")
    y = ((y - y.mean()) / y.std()).astype("float32")[:, None]
    # All weights are 0 and there is no bias, so the network begins with an exact match
    # of the zero targets of this batch, where the functions of Keras fail.
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((10,)), layer])
    model.compile(keras.optimizers.SGD(0.05), loss=AbsolutePlusNorm(share=0.2))
    model.fit(x[:32], np.zeros((32, 1), "float32"), verbose=0)
    kernel = layer.get_weights()[0]
    print(f"after a step at an exact match the weights are {np.abs(kernel).max():.1f}")
    assert not kernel.any()

    first = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=20, verbose=0)
    last = model.evaluate(x, y, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.keras"
        model.save(path)
        again = keras.saving.load_model(path)
        print(
            f"the loss fell from {first:.3f} to {last:.3f}, and came back as ", end=""
        )
        print(f"{again.evaluate(x, y, verbose=0):.3f}")
        assert abs(again.evaluate(x, y, verbose=0) - last) < 1e-5
    assert last < 0.8 * first


if __name__ == "__main__":
    main()
