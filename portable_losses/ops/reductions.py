"""max and min over axes: of no items too, with keepdims, under torch.compile."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.pinning import BACKEND, axes_of, is_float, pinned, tensor

INF = float("inf")


@pinned
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The largest entry over `axis`, all axes by default; a tie shares the gradient.

    k equal largest entries get 1/k each. Pinned because Keras's own refuses (0, n) over
    its second axis, on torch and eagerly on TensorFlow (where an `initial` makes it
    accept them), and on torch drops `keepdims` when it is given no axis and is more
    than one graph for `torch.compile`.

    >>> ops.max(ops.convert_to_tensor([1.0, 2.0, 2.0]))  # 2, gradient [0, 0.5, 0.5]
    """
    if initial is not None:
        return raw.max(x, axis=axis, keepdims=keepdims, initial=initial)
    return amax(x, axis=axis, keepdims=keepdims)


@pinned
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The smallest entry over `axis`, all axes by default; see `max`."""
    if initial is not None:
        return raw.min(x, axis=axis, keepdims=keepdims, initial=initial)
    return amin(x, axis=axis, keepdims=keepdims)


@pinned
def amax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`max` under its other name."""
    x = tensor(x)
    axes = axes_of(x, axis)
    if BACKEND == "tensorflow" and is_float(x):
        return raw.max(x, axis=axes, keepdims=keepdims, initial=-INF)
    return raw.amax(x, axis=axes, keepdims=keepdims)


@pinned
def amin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`min` under its other name."""
    x = tensor(x)
    axes = axes_of(x, axis)
    if BACKEND == "tensorflow" and is_float(x):
        return raw.min(x, axis=axes, keepdims=keepdims, initial=INF)
    return raw.amin(x, axis=axes, keepdims=keepdims)
