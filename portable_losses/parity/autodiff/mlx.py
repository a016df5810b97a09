"""Values and gradients on MLX."""

import contextlib
from contextlib import AbstractContextManager
from importlib import metadata
from typing import Any

import mlx.core as mx
import numpy as np

from portable_losses.parity.autodiff import LossFunction, Result
from portable_losses.parity.case import Array

NAME = "mlx"
MODULES = ("mlx", "keras_mlx")
MODES = ("eager",)
ON_REQUEST = ("compile",)
INSTALL = {
    "cpu": 'pip install keras-nightly keras-mlx "mlx[cpu]<0.32"',
    "gpu": 'pip install keras-nightly keras-mlx "mlx<0.32"  # on a Mac',
}

_device = "cpu"


def versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in ("mlx", "keras-mlx")}


def devices() -> tuple[str, ...]:
    return ("cpu", "gpu") if mx.metal.is_available() else ("cpu",)


@contextlib.contextmanager
def _on(device: str) -> Any:
    global _device
    before, _device = _device, device
    try:
        with mx.stream(getattr(mx, device)):
            yield
    finally:
        _device = before


def on(device: str) -> AbstractContextManager[Any]:
    return _on(device)


def strict_matmul(strict: bool) -> None:
    """Does nothing: MLX has one precision of matrix products."""


def evaluate(
    fn: LossFunction,
    mode: str,
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
    mask: Array | None = None,
) -> Result:
    t, p, w, m = map(_put, (y_true, y_pred, weight, mask))
    run = mx.value_and_grad(lambda x: fn(t, x, w, m))
    value, gradient = (mx.compile(run) if mode == "compile" else run)(p)
    return _result(value, _array(gradient))


def value(
    fn: LossFunction,
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
    mask: Array | None = None,
) -> Result:
    return _result(fn(*map(_put, (y_true, y_pred, weight, mask))), None)


def values(
    fns: tuple[LossFunction, ...],
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
) -> list[Array]:
    return [value(fn, y_true, y_pred, weight).value for fn in fns]


def _result(value: Any, gradient: Array | None) -> Result:
    dtype = str(value.dtype).removeprefix("mlx.core.")
    return Result(_array(value), gradient, dtype, _device)  # an array has no device


def _put(x: Array | None) -> Any:
    return None if x is None else mx.array(np.ascontiguousarray(x))


def _array(x: Any) -> Array:
    if x.dtype == mx.bfloat16:
        x = x.astype(mx.float32)
    return np.array(x).astype("float64")


def _compiler_works() -> bool:
    """Whether MLX finds the C++ compiler that it needs on a CPU."""
    try:
        mx.eval(mx.compile(lambda x: mx.exp(x) + mx.sin(x))(mx.ones(2)))
    except RuntimeError:
        return False
    return True


if not _compiler_works():
    mx.disable_compile()
