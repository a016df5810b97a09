"""max and min over axes: of no items too, with keepdims, under torch.compile."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.pinning import BACKEND, axes_of, is_float, pinned, tensor

INF = float("inf")


@pinned
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The largest entry over `axis`, all axes by default; a tie shares the gradient.

    k equal largest entries get 1/k each. Pinned because Keras's own rejects (0, n) over
    its second axis, on torch and eagerly on TensorFlow (where an `initial` makes it
    accept them), and on torch drops `keepdims` when it is given no axis and is more
    than one graph for `torch.compile`.

    >>> ops.max(ops.convert_to_tensor([1.0, 2.0, 2.0]))  # 2, gradient [0, 0.5, 0.5]
    """
    return amax(x, axis=axis, keepdims=keepdims, initial=initial)


@pinned
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The smallest entry over `axis`, all axes by default; see `max`."""
    return amin(x, axis=axis, keepdims=keepdims, initial=initial)


@pinned
def amax(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """`max` under its other name; `initial` is in `keras.ops` since Keras 3.16."""
    if initial is not None:
        return raw.max(x, axis=axis, keepdims=keepdims, initial=initial)
    x = tensor(x)
    axes = axes_of(x, axis)
    if BACKEND == "tensorflow" and is_float(x):
        return raw.max(x, axis=axes, keepdims=keepdims, initial=-INF)
    if _has_no_items(x, axes):
        return raw.cast(raw.sum(x, axis=axes, keepdims=keepdims), x.dtype)
    return raw.amax(x, axis=axes, keepdims=keepdims)


@pinned
def amin(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """`min` under its other name; see `amax`."""
    if initial is not None:
        return raw.min(x, axis=axis, keepdims=keepdims, initial=initial)
    x = tensor(x)
    axes = axes_of(x, axis)
    if BACKEND == "tensorflow" and is_float(x):
        return raw.min(x, axis=axes, keepdims=keepdims, initial=INF)
    if _has_no_items(x, axes):
        return raw.cast(raw.sum(x, axis=axes, keepdims=keepdims), x.dtype)
    return raw.amin(x, axis=axes, keepdims=keepdims)


def _has_no_items(x: Any, axes: tuple[int, ...]) -> bool:
    """Whether the result is empty, and nothing that is reduced over is."""
    sizes = tuple(x.shape)
    return 0 in sizes and all(sizes[axis] != 0 for axis in axes)
