"""Gradients that are written out, on the backends that use them."""

from collections.abc import Callable
from typing import Any

from keras import ops as raw

from portable_losses.ops.known import found

USED = found(
    "the gradient given to custom_gradient is used",
    "MLX ignores the gradient: what was computed under stop_gradient then has none; "
    "tests/layers/test_any_backend.py",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)


def with_gradient(
    forward: Callable[..., Any], by_autodiff: Callable[..., Any], *tensors: Any
) -> Any:
    """The value of a function, with a gradient that is written out where it is used.

    Args:
        forward: takes the tensors; returns the value and a function that computes the
            gradient, as in `keras.ops.custom_gradient`. It may use `stop_gradient`.
        by_autodiff: takes the tensors; returns the same value, by operations that the
            backend differentiates.
        tensors: the arguments.
    """
    if USED:
        return raw.custom_gradient(forward)(*tensors)
    return by_autodiff(*tensors)


def of_chunks(
    function: Callable[..., Any], chunk: int, rows: tuple[Any, ...]
) -> list[Any]:
    """The results of a function for chunks of rows, without a loop of the backend.

    Not every backend differentiates a loop. If the number of rows is unknown, there is
    one chunk.
    """
    size = rows[0].shape[0]
    if size is None:
        return [function(*rows)]
    starts = range(0, size, chunk) if size else (0,)
    return [function(*(x[i : i + chunk] for x in rows)) for i in starts]
