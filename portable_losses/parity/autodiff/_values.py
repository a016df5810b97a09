"""Values by `keras.ops` only, for backends without gradients or without an adapter."""

import contextlib
from contextlib import AbstractContextManager
from importlib import metadata
from typing import Any

import keras
import numpy as np

from portable_losses.parity.autodiff import LossFunction, Result
from portable_losses.parity.case import Array

NAME = keras.config.backend()
MODES = ("eager",)
ON_REQUEST: tuple[str, ...] = ()
INSTALL: dict[str, str] = {}


def versions() -> dict[str, str]:
    found = {}
    for project in (NAME, f"keras-{NAME}"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[project] = metadata.version(project)
    return found


def devices() -> tuple[str, ...]:
    return ("cpu",)


def on(device: str) -> AbstractContextManager[Any]:
    return contextlib.nullcontext()


def strict_matmul(strict: bool) -> None:
    """Does nothing: the precision of matrix products cannot be set here."""


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
        result = fn(*map(put, (y_true, y_pred, weight, mask)))
        found = array(result)
    return Result(found, None, keras.backend.standardize_dtype(result.dtype), "cpu")


def values(
    fns: tuple[LossFunction, ...],
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
) -> list[Array]:
    return [value(fn, y_true, y_pred, weight).value for fn in fns]


def array(x: Any) -> Array:
    """The values of a tensor of the backend."""
    return np.asarray(keras.ops.convert_to_numpy(x)).astype("float64")


def put(x: Array | None) -> Any:
    """A tensor of the backend, or None."""
    return None if x is None else keras.ops.convert_to_tensor(x)
