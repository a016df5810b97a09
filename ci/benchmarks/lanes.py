"""Value and gradient of a function, in the way of this process's backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

Function = Callable[..., Any]
BACKEND = keras.config.backend()


def timed(function: Function, lane: str, at: Sequence[int], upstream: bool) -> Function:
    """Return the function of a workload's inputs that is timed.

    With `upstream` the last input is what the gradient of the value is multiplied by.
    """
    if lane == "eager":
        return _value_only(function, upstream)
    makers = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
    if BACKEND not in makers:
        raise ValueError(
            f"bench: `KERAS_BACKEND` must be one of {', '.join(sorted(makers))}; got "
            f"KERAS_BACKEND={BACKEND!r} (set it to a backend with gradients)"
        )
    eager, compiled = makers[BACKEND](function, tuple(at), upstream)
    return eager if lane == "eager gradient" else compiled


def _value_only(function: Function, upstream: bool) -> Function:
    if not upstream:
        return function
    return lambda *inputs: function(*inputs[:-1])


def _moved(inputs: Sequence[Any], at: Sequence[int], new: Sequence[Any]) -> list[Any]:
    """`inputs` with `new` in the places `at`."""
    changed = list(inputs)
    for i, x in zip(at, new, strict=True):
        changed[i] = x
    return changed


def _tensorflow(
    function: Function, at: tuple[int, ...], upstream: bool
) -> tuple[Function, Function]:
    import tensorflow as tf

    zero = tf.UnconnectedGradients.ZERO

    def both(*inputs: Any) -> Any:
        inputs, up = (inputs[:-1], inputs[-1]) if upstream else (inputs, None)
        sources = [inputs[i] for i in at]
        with tf.GradientTape() as tape:
            tape.watch(sources)
            value = function(*inputs)
        found = tape.gradient(value, sources, up, unconnected_gradients=zero)
        return value, *found

    return both, tf.function(both, autograph=False)


def _jax(
    function: Function, at: tuple[int, ...], upstream: bool
) -> tuple[Function, Function]:
    import jax

    def both(*inputs: Any) -> Any:
        inputs, up = (inputs[:-1], inputs[-1]) if upstream else (inputs, None)
        sources = [inputs[i] for i in at]
        if up is None:
            value, found = jax.value_and_grad(
                lambda *new: function(*_moved(inputs, at, new)),
                argnums=tuple(range(len(at))),
            )(*sources)
        else:
            value, pull = jax.vjp(
                lambda *new: function(*_moved(inputs, at, new)), *sources
            )
            found = pull(up)
        return value, *found

    return both, jax.jit(both)


def _torch(
    function: Function, at: tuple[int, ...], upstream: bool
) -> tuple[Function, Function]:
    import torch

    def both(*inputs: Any) -> Any:
        inputs, up = (inputs[:-1], inputs[-1]) if upstream else (inputs, None)
        leaves = [inputs[i].detach().requires_grad_() for i in at]
        value = function(*_moved(inputs, at, leaves))
        if not value.requires_grad:
            return value, *(torch.zeros_like(leaf) for leaf in leaves)
        found = torch.autograd.grad(value, leaves, up, materialize_grads=True)
        return value.detach(), *found

    return both, both


def finish(result: Any) -> None:
    """Wait until a result is computed."""
    for leaf in leaves(result):
        if hasattr(leaf, "block_until_ready"):
            leaf.block_until_ready()


def leaves(result: Any) -> list[Any]:
    """A value, or a value and gradients, as a list of tensors."""
    return list(result) if isinstance(result, tuple | list) else [result]


def arrays(result: Any) -> list[Any]:
    """A value, or a value and gradients, as NumPy arrays."""
    return [keras.ops.convert_to_numpy(x) for x in leaves(result)]
