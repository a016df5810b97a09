"""Separable filters of images without padding: only where the whole window fits."""

from typing import Any

import keras
from keras import ops as raw

from portable_losses.ops.known import faster_form, found
from portable_losses.ops.selects import where

# The largest number of outputs of one matrix product. More outputs are computed in
# tiles, since the time of a product grows with the square of this number.
TILE = 256

CONVOLVED = faster_form(
    "a separable filter",
    "depthwise convolutions of TensorFlow are exact and fastest on a CPU; under XLA "
    "they take 15 times as long",
    tensorflow="2.21.0",
)
PRODUCTS_ARE_EXACT = found(
    "the factors of a matrix product keep all their bits on a CPU",
    "tests/ops/test_filters.py; known by the devices that Keras lists",
    jax="0.10.2",
    tensorflow="2.21.0",
)
PRODUCTS_ARE_EXACT_BY_TENSOR = found(
    "the factors of a matrix product keep all their bits on a CPU",
    "tests/ops/test_filters.py; known by the device of the tensor",
    torch="2.13.0",
)


def filtered(x: Any, window: Any) -> Any:
    """Slide a window along each spatial axis of `x`, `(B, *space, C)`.

    On a CPU each backend uses its fastest implementation. Accelerators may round the
    factors of a matrix product or a convolution to 11 bits or fewer, so there the
    filter is a sum of shifted tensors.

    Args:
        x: a floating tensor with the channels last.
        window: a vector, of x's dtype, that is no longer than any spatial axis.
    """
    if _convolutions_are_best(x):
        kernel = raw.reshape(window, (-1, 1, 1, 1)) * raw.ones(
            (x.shape[-1], 1), x.dtype
        )
        for turned in (kernel, raw.swapaxes(kernel, 0, 1)):
            x = raw.depthwise_conv(x, turned, data_format="channels_last")
        return x
    x = raw.moveaxis(x, -1, 1)
    for axis in range(2 - len(x.shape), 0):
        x = slide(x, window, axis)
    return raw.moveaxis(x, 1, -1)


def slide(x: Any, window: Any, axis: int) -> Any:
    """Sum over k of window[k] x[i + k] along `axis`, for each i with all i + k in x.

    It is computed as a product with a band matrix if that is exact. Otherwise, or if
    the size of the axis is unknown, it is a sum of shifted tensors.

    Args:
        x: a floating tensor.
        window: a vector, of x's dtype, that is no longer than x along `axis`.
        axis: counted from the end, such as -1.
    """
    size = x.shape[axis]
    if size is None or not _products_are_exact(x):
        return _by_shifts(x, window, axis)
    taps = window.shape[0]
    outputs = size - taps + 1
    bands = {n: _band(window, n) for n in {min(outputs, TILE), outputs % TILE} if n}
    parts = []
    for start in range(0, outputs, TILE):
        n = min(TILE, outputs - start)
        part = x
        if n < outputs:
            part = x[_along(axis, start, start + n + taps - 1)]
        parts.append(_product(part, bands[n], axis))
    return parts[0] if len(parts) == 1 else raw.concatenate(parts, axis=axis)


def _by_shifts(x: Any, window: Any, axis: int) -> Any:
    last = window.shape[0] - 1
    total = 0.0
    for k in range(last + 1):
        stop = k - last  # from the end, so that the size may be unknown
        total = total + window[k] * x[_along(axis, k, stop or None)]
    return total


def _along(axis: int, start: int, stop: int | None) -> tuple[Any, ...]:
    """The index of a range along an axis that is counted from the end."""
    return (..., slice(start, stop), *(slice(None),) * (-1 - axis))


def _band(window: Any, outputs: int) -> Any:
    """The matrix with the window in each column, one row further down each time."""
    taps = window.shape[0]
    row = raw.expand_dims(raw.arange(outputs + taps - 1, dtype="int32"), 1)
    k = row - raw.arange(outputs, dtype="int32")
    within = raw.logical_and(k >= 0, k < taps)
    return where(within, raw.take(window, where(within, k, 0)), 0.0)


def _product(x: Any, band: Any, axis: int) -> Any:
    if axis == -1:
        return raw.matmul(x, band)
    if axis == -2:
        return raw.matmul(raw.transpose(band), x)
    return raw.moveaxis(raw.matmul(raw.moveaxis(x, axis, -1), band), -1, axis)


def _convolutions_are_best(x: Any) -> bool:
    """Whether depthwise convolutions are known to be exact and fastest.

    They are on TensorFlow on a CPU without XLA.
    """
    if not CONVOLVED or len(x.shape) != 4 or x.shape[-1] is None:
        return False
    return _products_are_exact(x) and not _traced_for_xla(x)


def _traced_for_xla(x: Any) -> bool:
    """Whether TensorFlow traces `x` for XLA, as far as its graph shows it."""
    graph = getattr(x, "graph", None)  # none in eager mode
    while graph is not None:
        context = getattr(graph, "_get_control_flow_context", lambda: None)()
        if type(context).__name__ == "XLAControlFlowContext":
            return True
        graph = getattr(graph, "outer_graph", None)
    return False


def _products_are_exact(x: Any) -> bool:
    """Whether the factors of a matrix product are known to keep all their bits."""
    if PRODUCTS_ARE_EXACT_BY_TENSOR:
        return x.device.type == "cpu"
    if PRODUCTS_ARE_EXACT:
        devices = keras.distribution.list_devices()
        return all(name.startswith("cpu") for name in devices)
    return False
