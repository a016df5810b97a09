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
"""Of the reach along an axis of unknown size: beyond 2^24 float32 is not exact."""


@pinned
def distance_transform(mask: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """The Euclidean distance of each nonzero element to the nearest zero; 0 at zeros.

    Over the spatial axes `axis` (all by default), any number of them; the others are
    batch axes, with no distance between their slices. A slice without a zero is
    infinite. Exact: the squares are sums of integers, below 2^24 for float32. For
    targets only: no gradient flows to `mask`. Time grows with the number of elements
    times the sizes of the axes except the largest, memory with the elements alone.
    Sizes may be unknown in a TensorFlow graph. The result is float32, or the dtype of a
    floating mask. The same as `scipy.ndimage.distance_transform_edt`; not in
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

    So it is the transform of `mask` where that is True, and of its complement where it
    is False. Where a slice has one value only it is infinite. The dtype is float32.

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
    """The axes, first the one that is cheap."""
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
    # Where a run starts, and where it ends. At the border it does neither.
    starts = raw.not_equal(mask, raw.take(mask, before, axis=0))
    ends = raw.not_equal(mask, raw.take(mask, behind, axis=0))
    starts, ends = where(starts, position, -INF), where(ends, position, INF)
    state = (starts, ends, at, raw.ones_like(at))
    steps = MOST_DOUBLINGS if known is None else max(known - 1, 0).bit_length()
    last_start, next_end, _, _ = raw.fori_loop(0, steps, _reach_twice_as_far, state)
    return raw.square(raw.minimum(position - last_start, next_end - position) + 1.0)


def _reach_twice_as_far(_: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
    # The largest of the last `reach` starts, and the smallest of the next ends. At the
    # border an element is taken twice, which changes neither.
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
    # One source row at a time: the table of all (i, j) would be `size` times larger.
    # A function of the module, not a closure, so that eager JAX compiles it once.
    nearest, squares, position = state
    through_j = squares[j] + raw.square(position - position[j])
    return raw.minimum(nearest, through_j), squares, position
