"""Values and gradients on JAX."""

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from portable_losses.parity.autodiff import LossFunction, Result
from portable_losses.parity.case import Array

NAME = "jax"
DEFAULT = 2
COMPILES = True
XLA = True
CHEAP_SHAPES = False
MODES = ("jit", "eager")
ON_REQUEST: tuple[str, ...] = ()
INSTALL = {
    "cpu": 'pip install ".[jax]"',
    "gpu": 'pip install "jax[cuda13]"',
    "tpu": 'pip install "jax[tpu]"',
}


def versions() -> dict[str, str]:
    return {"jax": jax.__version__}


def devices() -> tuple[str, ...]:
    names = {"cuda": "gpu", "rocm": "gpu", "METAL": "mps"}
    return tuple({names.get(d.platform, d.platform) for d in jax.devices()} | {"cpu"})


def on(device: str) -> AbstractContextManager[Any]:
    return jax.default_device(jax.devices(device)[0])


def strict_matmul(strict: bool) -> Callable[[], None]:
    name = "jax_default_matmul_precision"
    before = getattr(jax.config, name)
    jax.config.update(name, "highest" if strict else None)
    return functools.partial(jax.config.update, name, before)


@functools.lru_cache(maxsize=16)
def _differentiated(fn: LossFunction, mode: str) -> Any:
    by_prediction = jax.value_and_grad(fn, argnums=1)
    return jax.jit(by_prediction) if mode == "jit" else by_prediction


def evaluate(
    fn: LossFunction,
    mode: str,
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
    mask: Array | None = None,
) -> Result:
    p = jnp.asarray(y_pred)
    value, gradient = _differentiated(fn, mode)(
        _put(y_true), p, _put(weight), _put(mask)
    )
    return Result(*_facts(value, np.asarray(gradient).astype("float64")))


def value(
    fn: LossFunction,
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
    mask: Array | None = None,
) -> Result:
    result = fn(_put(y_true), jnp.asarray(y_pred), _put(weight), _put(mask))
    return Result(*_facts(result, None))


def values(
    fns: tuple[LossFunction, ...],
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
) -> list[Array]:
    found = _together(fns)(_put(y_true), jnp.asarray(y_pred), _put(weight))
    return [np.asarray(x).astype("float64") for x in found]


@functools.lru_cache(maxsize=16)
def _together(fns: tuple[LossFunction, ...]) -> Any:
    return jax.jit(lambda t, p, w: [fn(t, p, w, None) for fn in fns])


def evaluate_all(
    fns: tuple[LossFunction, ...],
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
    mask: Array | None = None,
) -> list[Result]:
    """Many values and gradients at one input, compiled together.

    Shared subexpressions are compiled once. Compiled separately, each function takes a
    fifth of a second.
    """
    found = _all_differentiated(fns)(
        _put(y_true), jnp.asarray(y_pred), _put(weight), _put(mask)
    )
    return [Result(*_facts(v, np.asarray(g).astype("float64"))) for v, g in found]


@functools.lru_cache(maxsize=16)
def _all_differentiated(fns: tuple[LossFunction, ...]) -> Any:
    each = [jax.value_and_grad(fn, argnums=1) for fn in fns]
    return jax.jit(lambda *arguments: [fn(*arguments) for fn in each])


def _facts(value: Any, gradient: Array | None) -> tuple[Array, Any, str, str]:
    platform = next(iter(value.devices())).platform
    array = np.asarray(value).astype("float64")
    return array, gradient, str(value.dtype), {"cuda": "gpu"}.get(platform, platform)


def _put(x: Array | None) -> Any:
    return None if x is None else jnp.asarray(x)


def inside(fn: LossFunction, y_true: Array | None, y_pred: Array) -> list[str]:
    """The dtypes of all intermediate results."""
    p = jnp.asarray(y_pred)
    closed = jax.make_jaxpr(lambda t, q: fn(t, q, None, None))(_put(y_true), p)
    return sorted(set(_dtypes(closed.jaxpr)))


def _dtypes(jaxpr: Any) -> Iterator[str]:
    for equation in jaxpr.eqns:
        for variable in equation.outvars:
            if hasattr(variable.aval, "dtype"):
                yield str(variable.aval.dtype)
        for inner in equation.params.values():
            inner = getattr(inner, "jaxpr", inner)
            if hasattr(inner, "eqns"):
                yield from _dtypes(inner)


def second(
    fn: LossFunction, y_true: Array | None, y_pred: Array, direction: Array
) -> float:
    """The second derivative along a direction."""

    @jax.jit
    def run(t: Any, p: Any, v: Any) -> Any:
        gradient = jax.grad(lambda q: fn(t, q, None, None))
        return jnp.vdot(jax.jvp(gradient, (p,), (v,))[1], v)

    p = jnp.asarray(y_pred)
    return float(run(_put(y_true), p, jnp.asarray(direction, p.dtype)))


def mapped(fn: LossFunction, y_true: Array, y_pred: Array) -> Array:
    """`vmap` over the samples: the value of each as a batch of one."""

    @jax.jit
    @jax.vmap
    def run(t: Any, p: Any) -> Any:
        return fn(t[None], p[None], None, None)

    return np.asarray(run(_put(y_true), jnp.asarray(y_pred))).astype("float64")
