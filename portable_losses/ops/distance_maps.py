"""The exact Euclidean distance transform of a mask."""

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

INF = float("inf")


@pinned
def distance_transform(mask: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """The Euclidean distance of each nonzero element to the nearest zero; 0 at zeros.

    Over the spatial axes `axis` (all by default), any number of them; the others are
    batch axes, with no distance between their slices. A slice without a zero is
    infinite. Exact: the squares are sums of integers, below 2^24 for float32. For
    targets only: no gradient flows to `mask`. The spatial sizes must be known, the
    batch size need not be. The result is float32, or the dtype of a floating mask.
    Not in `keras.ops`; the same as `scipy.ndimage.distance_transform_edt`.

    >>> mask = ops.convert_to_tensor([0, 1, 1, 1, 0, 1])
    >>> ops.distance_transform(mask)  # [0, 1, 2, 1, 0, 1]
    """
    mask = raw.stop_gradient(tensor(mask))
    axes = axes_of(mask, axis)
    if unknown := [axis for axis in axes if mask.shape[axis] is None]:
        raise ValueError(
            "distance_transform: the spatial sizes of `mask` must be known; got "
            f"mask.shape={tuple(mask.shape)}, unknown along axis {unknown}"
        )
    dtype = dtype_of(mask) if is_float(mask) else "float32"
    squares = raw.where(raw.not_equal(mask, 0), as_dtype(INF, "float32"), 0.0)
    for axis in axes:
        squares = _along(squares, axis)
    return raw.stop_gradient(as_dtype(raw.sqrt(squares), dtype))


def _along(squares: Any, axis: int) -> Any:
    """min over j of squares[j] + (i - j)^2, for every i along `axis`."""
    squares = raw.moveaxis(squares, axis, 0)
    size = squares.shape[0]
    position = raw.reshape(
        raw.arange(size, dtype="float32"), (size,) + (1,) * (len(squares.shape) - 1)
    )
    state = (raw.full_like(squares, INF), squares, position)
    nearest, _, _ = raw.fori_loop(0, size, _nearer, state)
    return raw.moveaxis(nearest, 0, axis)


def _nearer(j: Any, state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
    # One source row at a time: the table of all (i, j) would be `size` times larger.
    # A function of the module, not a closure, so that eager JAX compiles it once.
    nearest, squares, position = state
    through_j = squares[j] + raw.square(position - position[j])
    return raw.minimum(nearest, through_j), squares, position
