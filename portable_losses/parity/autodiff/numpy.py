"""Values on the NumPy backend of Keras, which has no gradients."""

import numpy as np

from portable_losses.parity.autodiff import LossFunction, Result
from portable_losses.parity.autodiff._values import devices as devices
from portable_losses.parity.autodiff._values import on as on
from portable_losses.parity.autodiff._values import strict_matmul as strict_matmul
from portable_losses.parity.case import Array

NAME = "numpy"
GRADIENTS = False
MODULES = ("numpy", "jax")  # Keras's NumPy backend also imports JAX
MODES = ("eager",)
ON_REQUEST: tuple[str, ...] = ()
INSTALL = {"cpu": "pip install numpy"}


def versions() -> dict[str, str]:
    return {"numpy": np.__version__}


def evaluate(
    fn: LossFunction,
    mode: str,
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
    mask: Array | None = None,
) -> Result:
    return value(fn, y_true, y_pred, weight, mask)


def value(
    fn: LossFunction,
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
    mask: Array | None = None,
) -> Result:
    with np.errstate(all="ignore"):
        result = np.asarray(fn(y_true, y_pred, weight, mask))
    return Result(result.astype("float64"), None, str(result.dtype), "cpu")


def values(
    fns: tuple[LossFunction, ...],
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
) -> list[Array]:
    return [value(fn, y_true, y_pred, weight).value for fn in fns]
