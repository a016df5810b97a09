"""Values and gradients on PyTorch."""

import contextlib
import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from portable_losses.parity.autodiff import LossFunction, Result
from portable_losses.parity.case import Array

NAME = "torch"
DEFAULT = 3
MODES = ("eager",)
ON_REQUEST = ("compile",)
INSTALL = {
    "cpu": 'pip install ".[torch]"',
    "gpu": "pip install --force-reinstall torch  # a build with CUDA",
    "mps": "pip install torch",
}

_device = "cpu"


def versions() -> dict[str, str]:
    return {"torch": torch.__version__}


def devices() -> tuple[str, ...]:
    found = ["cpu"]
    if torch.cuda.is_available():
        found.append("gpu")
    if torch.backends.mps.is_available():
        found.append("mps")
    return tuple(found)


@contextlib.contextmanager
def _on(device: str) -> Any:
    global _device
    before, _device = _device, "cuda" if device == "gpu" else device
    try:
        yield
    finally:
        _device = before


def on(device: str) -> AbstractContextManager[Any]:
    return _on(device)


def strict_matmul(strict: bool) -> Callable[[], None]:
    products, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    # PyTorch before 2.9 has only `allow_tf32`. Later versions reject a mix of both.
    new = hasattr(products, "fp32_precision")
    name = "fp32_precision" if new else "allow_tf32"
    before = getattr(products, name), convolutions.allow_tf32

    def set_to(precision: Any, allowed: bool) -> None:
        setattr(products, name, precision)
        convolutions.allow_tf32 = allowed

    set_to(("ieee" if strict else "tf32") if new else not strict, not strict)
    return functools.partial(set_to, *before)


@functools.lru_cache(maxsize=16)
def _compiled(fn: LossFunction) -> Any:
    return torch.compile(fn)


def evaluate(
    fn: LossFunction,
    mode: str,
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
    mask: Array | None = None,
) -> Result:
    run = _compiled(fn) if mode == "compile" else fn
    p = _tensor(y_pred).requires_grad_()
    result = run(_put(y_true), p, _put(weight), _put(mask))
    # A loss that does not depend on y_pred gets gradient 0, which the checks report.
    if result.requires_grad:
        (gradient,) = torch.autograd.grad(result, p, allow_unused=True)
    else:
        gradient = None
    gradient = torch.zeros_like(p) if gradient is None else gradient
    return Result(*_facts(result, _array(gradient)))


def value(
    fn: LossFunction,
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
    mask: Array | None = None,
) -> Result:
    with torch.no_grad():
        result = fn(_put(y_true), _tensor(y_pred), _put(weight), _put(mask))
    return Result(*_facts(result, None))


def values(
    fns: tuple[LossFunction, ...],
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
) -> list[Array]:
    return [value(fn, y_true, y_pred, weight).value for fn in fns]


def _facts(value: Any, gradient: Array | None) -> tuple[Array, Any, str, str]:
    dtype = str(value.dtype).removeprefix("torch.")
    kind = value.device.type
    return _array(value), gradient, dtype, {"cuda": "gpu"}.get(kind, kind)


def _tensor(x: Array) -> Any:
    if x.dtype.name == "bfloat16":
        return torch.tensor(x.astype("float32"), device=_device).to(torch.bfloat16)
    return torch.tensor(x, device=_device)


def _put(x: Array | None) -> Any:
    return None if x is None else _tensor(x)


def _array(x: Any) -> Array:
    return np.asarray(x.detach().cpu().to(torch.float64).numpy())


def inside(fn: LossFunction, y_true: Array | None, y_pred: Array) -> list[str]:
    """The dtypes of all intermediate results."""
    seen = _Dtypes()
    with seen, torch.no_grad():
        fn(_put(y_true), _tensor(y_pred), None, None)
    return sorted(seen.found)


class _Dtypes(TorchDispatchMode):
    """Keeps the dtypes of the results of operations, except for constants."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for x in result if isinstance(result, tuple | list) else (result,):
            if isinstance(x, torch.Tensor) and x.ndim:
                self.found.add(str(x.dtype).removeprefix("torch."))
        return result


def second(
    fn: LossFunction, y_true: Array | None, y_pred: Array, direction: Array
) -> float:
    """The second derivative along a direction."""
    p = _tensor(y_pred).requires_grad_()
    v = torch.tensor(direction).to(p)
    value = fn(_put(y_true), p, None, None)
    (gradient,) = torch.autograd.grad(value, p, create_graph=True)
    if not gradient.requires_grad:
        return 0.0
    (again,) = torch.autograd.grad((gradient * v).sum(), p, allow_unused=True)
    return 0.0 if again is None else float((again * v).sum())


def mapped(fn: LossFunction, y_true: Array, y_pred: Array) -> Array:
    """`vmap` over the samples: the value of each as a batch of one."""
    run = torch.func.vmap(lambda t, p: fn(t[None], p[None], None, None))
    with torch.no_grad():
        return _array(run(_put(y_true), _tensor(y_pred)))
