"""Values and gradients on tinygrad."""

import keras
from tinygrad import Tensor

from portable_losses.parity.autodiff import LossFunction, Result
from portable_losses.parity.autodiff._values import array, put
from portable_losses.parity.autodiff._values import devices as devices
from portable_losses.parity.autodiff._values import on as on
from portable_losses.parity.autodiff._values import strict_matmul as strict_matmul
from portable_losses.parity.autodiff._values import value as value
from portable_losses.parity.autodiff._values import values as values
from portable_losses.parity.autodiff._values import versions as versions
from portable_losses.parity.case import Array

NAME = "tinygrad"
MODULES = ("tinygrad", "keras_tinygrad")
BEFORE_KERAS = ("keras_tinygrad",)  # it adds itself to the backends of Keras
COMPILES = True  # each operation
MODES = ("eager",)
ON_REQUEST: tuple[str, ...] = ()
INSTALL = {"cpu": 'pip install "keras<3.16" keras-tinygrad "tinygrad<0.14"'}


def evaluate(
    fn: LossFunction,
    mode: str,
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
    mask: Array | None = None,
) -> Result:
    t, p, w, m = map(put, (y_true, y_pred, weight, mask))
    found = fn(t, p, w, m)
    (gradient,) = found.gradient(p)
    Tensor.realize(found, gradient)  # together, which compiles less
    dtype = keras.backend.standardize_dtype(found.dtype)
    return Result(array(found), array(gradient), dtype, "cpu")
