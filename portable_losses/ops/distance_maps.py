"""The exact Euclidean distance transform of a mask."""

import math
from collections.abc import Callable
from typing import Any

from keras import ops as raw

from portable_losses.ops.pinning import (
    as_dtype,
    axes_of,
    dtype_of,
    is_float,
    pinned,
    tensor,
)
from portable_losses.ops.selects import where

INF = float("inf")

MOST_DOUBLINGS = 24
"""The number of doublings of the reach along an axis of unknown size.

Positions beyond 2^24 are not exact in float32.
"""


@pinned
def distance_transform(mask: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """The Euclidean distance of each nonzero element to the nearest zero; 0 at zeros.

    `axis` names the spatial axes, any number of them (all by default); the other axes
    are batch axes, and each of their slices is transformed separately. A slice without
    a zero gives inf everywhere. The result is exact, because squared distances are sums
    of integers, which float32 holds exactly below 2^24. It is for targets only: no
    gradient flows to `mask`. The time is proportional to the number of elements times
    the sizes of the spatial axes except the largest, the memory to the number of
    elements. Sizes may be unknown in a TensorFlow graph. The result is float32, or the
    dtype of a floating mask. It equals `scipy.ndimage.distance_transform_edt`; not in
    `keras.ops`.

    >>> mask = ops.convert_to_tensor([0, 1, 1, 1, 0, 1])
    >>> ops.distance_transform(mask)  # [0, 1, 2, 1, 0, 1]
    """
    mask = raw.stop_gradient(tensor(mask))
    dtype = dtype_of(mask) if is_float(mask) else "float32"
    inside, axes = raw.not_equal(mask, 0), _longest_first(mask, axes_of(mask, axis))
    squares = where(inside, _within_lines(inside, axes), 0.0)
    distance = raw.sqrt(_between_lines(squares, axes))
    return raw.stop_gradient(as_dtype(distance, dtype))


def squares_to_other(mask: Any, axes: tuple[int, ...]) -> Any:
    """The squared distance of each element to the nearest one of the other value.

    Where `mask` is True it is the squared `distance_transform` of `mask`, elsewhere
    that of its complement. In a slice with one value only it is inf. The dtype is
    float32.

    Args:
        mask: booleans.
        axes: the spatial axes, counted from 0.
    """
    axes = _longest_first(mask, axes)
    squares = _within_lines(mask, axes)
    both = [where(mask, squares, 0.0), where(mask, 0.0, squares)]
    both = _between_lines(raw.stack(both), tuple(axis + 1 for axis in axes))
    return raw.stop_gradient(both[0] + both[1])  # one of them is 0


def _longest_first(mask: Any, axes: tuple[int, ...]) -> tuple[int, ...]:
    """The axes, the longest first: `_within_lines` handles the first one fastest."""
    return tuple(sorted(axes, key=lambda axis: -(mask.shape[axis] or 0)))


def _along(axis: int, function: Callable[[Any], Any], x: Any) -> Any:
    """`function` of the table `(n, everything else)`, where n is the size of `axis`."""
    x = raw.moveaxis(x, axis, 0)
    shape = raw.shape(x)
    result = function(raw.reshape(x, (shape[0], math.prod(shape[1:]))))
    return raw.moveaxis(raw.reshape(result, shape), 0, axis)


def _within_lines(mask: Any, axes: tuple[int, ...]) -> Any:
    """The squared distances to the other value along the first of `axes` alone."""
    if not axes:
        return raw.full_like(mask, INF, dtype="float32")
    return _along(axes[0], _to_the_ends_of_runs, mask)


def _to_the_ends_of_runs(mask: Any) -> Any:
    size, known = raw.shape(mask)[0], mask.shape[0]
    at = raw.arange(size, dtype="int32")
    before, behind = raw.maximum(at - 1, 0), raw.minimum(at + 1, size - 1)
    position = raw.expand_dims(raw.cast(at, "float32"), -1)
    # The positions where a run of equal values starts, and where it ends. The border of
    # the image is neither a start nor an end.
    starts = raw.not_equal(mask, raw.take(mask, before, axis=0))
    ends = raw.not_equal(mask, raw.take(mask, behind, axis=0))
    starts, ends = where(starts, position, -INF), where(ends, position, INF)
    state = (starts, ends, at, raw.ones_like(at))
    steps = MOST_DOUBLINGS if known is None else max(known - 1, 0).bit_length()
    last_start, next_end, _, _ = raw.fori_loop(0, steps, _reach_twice_as_far, state)
    return raw.square(raw.minimum(position - last_start, next_end - position) + 1.0)


def _reach_twice_as_far(_: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
    # `starts` holds the largest start among the last `reach` elements, and `ends` the
    # smallest end among the next ones. At the border an element is read twice, which
    # changes neither maximum nor minimum.
    starts, ends, at, reach = state
    size = raw.shape(at)[0]
    before, behind = raw.maximum(at - reach, 0), raw.minimum(at + reach, size - 1)
    starts = raw.maximum(starts, raw.take(starts, before, axis=0))
    ends = raw.minimum(ends, raw.take(ends, behind, axis=0))
    return starts, ends, at, raw.minimum(2 * reach, size)


def _between_lines(squares: Any, axes: tuple[int, ...]) -> Any:
    """The squared distances along all axes from those along the first."""
    for axis in axes[1:]:
        squares = _along(axis, _nearest, squares)
    return squares


def _nearest(squares: Any) -> Any:
    """min over j of squares[j] + (i - j)^2, for every i along the first axis."""
    size = raw.shape(squares)[0]
    position = raw.reshape(raw.arange(size, dtype="float32"), (size, 1))
    state = (raw.full_like(squares, INF), squares, position)
    return raw.fori_loop(0, size, _nearer, state)[0]


def _nearer(j: Any, state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
    # One j at a time: a table of all (i, j) would take `size` times the memory. This is
    # a function of the module, not a closure, so that JAX in eager mode compiles it
    # once.
    nearest, squares, position = state
    through_j = squares[j] + raw.square(position - position[j])
    return raw.minimum(nearest, through_j), squares, position
