"""Values on OpenVINO, which has no gradients."""

import keras
import numpy as np

from portable_losses.parity.autodiff import LossFunction
from portable_losses.parity.autodiff._values import devices as devices
from portable_losses.parity.autodiff._values import evaluate as evaluate
from portable_losses.parity.autodiff._values import on as on
from portable_losses.parity.autodiff._values import put
from portable_losses.parity.autodiff._values import strict_matmul as strict_matmul
from portable_losses.parity.autodiff._values import value as value
from portable_losses.parity.autodiff._values import versions as versions
from portable_losses.parity.case import Array

NAME = "openvino"
MODULES = ("openvino", "keras_openvino")
GRADIENTS = False
COMPILES = True  # whatever is read, with all operations before it
MODES = ("eager",)
ON_REQUEST: tuple[str, ...] = ()
INSTALL = {"cpu": "pip install keras-nightly keras-openvino openvino scipy"}


def values(
    fns: tuple[LossFunction, ...],
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
) -> list[Array]:
    """Many values in one program: reading one compiles all operations before it."""
    inputs = [put(x) for x in (y_true, y_pred, weight, None)]
    found = [fn(*inputs) for fn in fns]
    flat = [keras.ops.reshape(keras.ops.cast(x, "float32"), (-1,)) for x in found]
    whole = np.asarray(keras.ops.convert_to_numpy(keras.ops.concatenate(flat)))
    ends = np.cumsum([int(np.prod(x.shape)) for x in found])
    parts = np.split(whole.astype("float64"), ends[:-1])
    return [part.reshape(x.shape) for part, x in zip(parts, found, strict=True)]
