"""Values and gradients on TensorFlow."""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import tensorflow as tf

from portable_losses.parity.autodiff import LossFunction, Result
from portable_losses.parity.case import Array

# This module makes one tf.function per loss and signature, about which TensorFlow
# warns.
tf.get_logger().setLevel("ERROR")

NAME = "tensorflow"
DEFAULT = 1
COMPILES = True
MODES = ("graph", "eager", "xla")
ON_REQUEST: tuple[str, ...] = ()
INSTALL = {
    "cpu": 'pip install ".[tensorflow]"',
    "gpu": 'pip install "tensorflow[and-cuda]"',
}


def versions() -> dict[str, str]:
    return {"tensorflow": tf.__version__}


def devices() -> tuple[str, ...]:
    kinds = {d.device_type.lower() for d in tf.config.list_physical_devices()}
    return tuple(kinds & {"cpu", "gpu", "tpu"})


def on(device: str) -> AbstractContextManager[Any]:
    context: AbstractContextManager[Any] = tf.device(f"/{device.upper()}:0")
    return context


def strict_matmul(strict: bool) -> Callable[[], None]:
    config = tf.config.experimental
    before = config.tensor_float_32_execution_enabled()
    config.enable_tensor_float_32_execution(not strict)
    return functools.partial(config.enable_tensor_float_32_execution, before)


def _differentiate(fn: LossFunction, t: Any, p: Any, w: Any, m: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(p)
        value = fn(t, p, w, m)
    gradient = tape.gradient(value, p)
    return value, tf.zeros_like(p) if gradient is None else gradient


@functools.lru_cache(maxsize=64)
def _traced(fn: LossFunction, signature: tuple[Any, ...]) -> Any:
    """A graph for an unknown batch size: one serves every number of samples."""
    present = [
        None if s is None else tf.TensorSpec((None, *s[1]), s[0]) for s in signature
    ]
    where = [i for i, s in enumerate(present) if s is not None]

    signature_of_present = [present[i] for i in where]

    # Without AutoGraph, as in `fit`: Keras marks its training step `do_not_convert`,
    # which holds for all that the step calls, so that a Python `if` of a tensor in a
    # loss raises an error there, too.
    @tf.function(input_signature=signature_of_present, autograph=False)
    def run(*tensors: Any) -> Any:
        arguments: list[Any] = [None] * 4
        for i, tensor in zip(where, tensors, strict=True):
            arguments[i] = tensor
        return _differentiate(fn, *arguments)

    return run


@functools.lru_cache(maxsize=16)
def _xla(fn: LossFunction) -> Any:
    run = functools.partial(_differentiate, fn)
    return tf.function(run, jit_compile=True, autograph=False)


def evaluate(
    fn: LossFunction,
    mode: str,
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
    mask: Array | None = None,
) -> Result:
    arguments = [_put(y_true), _put(y_pred), _put(weight), _put(mask)]
    if mode == "eager":
        value, gradient = _differentiate(fn, *arguments)
    elif mode == "xla":
        value, gradient = _xla(fn)(*arguments)
    else:
        signature = tuple(
            None if x is None else (x.dtype, tuple(x.shape[1:])) for x in arguments
        )
        run = _traced(fn, signature)
        value, gradient = run(*(x for x in arguments if x is not None))
    return Result(_array(value), _array(gradient), value.dtype.name, _device(value))


def value(
    fn: LossFunction,
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
    mask: Array | None = None,
) -> Result:
    result = fn(_put(y_true), _put(y_pred), _put(weight), _put(mask))
    return Result(_array(result), None, result.dtype.name, _device(result))


def values(
    fns: tuple[LossFunction, ...],
    y_true: Array | None,
    y_pred: Array,
    weight: Array | None = None,
) -> list[Array]:
    return [value(fn, y_true, y_pred, weight).value for fn in fns]


def _put(x: Array | None) -> Any:
    return None if x is None else tf.constant(x)


def _array(x: Any) -> Array:
    return np.asarray(tf.cast(x, "float64").numpy())


def _device(x: Any) -> str:
    return str(x.device).rsplit("device:", 1)[-1].split(":")[0].lower() or "cpu"


def inside(fn: LossFunction, y_true: Array | None, y_pred: Array) -> list[str]:
    """The dtypes of all intermediate results."""
    t, p = _put(y_true), _put(y_pred)
    run = tf.function(lambda: fn(t, p, None, None), autograph=False)
    graph = run.get_concrete_function().graph
    found = {
        output.dtype.name
        for operation in graph.get_operations()
        if operation.type not in ("Const", "Placeholder")
        for output in operation.outputs
    }
    return sorted(found)


def second(
    fn: LossFunction, y_true: Array | None, y_pred: Array, direction: Array
) -> float:
    """The second derivative along a direction."""
    t, p = _put(y_true), _put(y_pred)
    v = tf.cast(direction, p.dtype)

    @tf.function(autograph=False)
    def run() -> Any:
        with tf.GradientTape() as outer:
            outer.watch(p)
            _, gradient = _differentiate(fn, t, p, None, None)
            along = tf.reduce_sum(gradient * v)
        again = outer.gradient(along, p)
        return tf.zeros(()) if again is None else tf.reduce_sum(again * v)

    return float(run())
