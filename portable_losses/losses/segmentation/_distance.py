"""Distances to the border of a region, and means over the pixels that count."""

from typing import Any

import keras

from portable_losses import ops
from portable_losses.losses.segmentation._shared import Regions
from portable_losses.ops.distance_maps import INF, squares_to_other

THRESHOLD = 0.5
"""A pixel belongs to a region if its target or probability is above this number."""


def as_mask(x: Any) -> Any:
    """The mask of a region: booleans are returned, numbers compared with THRESHOLD."""
    dtype = keras.backend.standardize_dtype(x.dtype)
    if dtype == "bool":
        return x
    return (x if "float" in dtype else ops.cast(x, "float32")) > THRESHOLD


def squares_to_border(mask: Any, space: tuple[int, ...]) -> Any:
    """The squared distance of each pixel to the nearest one across the border.

    It is 0 everywhere if a mask is empty or full. The dtype is float32.
    """
    squares = squares_to_other(mask, space)
    return ops.where(squares < INF, squares, 0.0)


def signed(x: Any, space: tuple[int, ...], pixels: Any | None = None) -> Any:
    """The distance to the border of the region of x, negative inside.

    Pixels that do not count are outside. A pixel that is NaN is NaN in the result.
    """
    mask = as_mask(x)
    if pixels is not None:
        mask = ops.logical_and(mask, pixels)
    distance = ops.sqrt(squares_to_border(mask, space))
    distance = ops.where(mask, -distance, distance)
    if "float" not in keras.backend.standardize_dtype(x.dtype):
        return distance
    return ops.where(ops.isnan(x), float("nan"), distance)


def mean_over_pixels(
    terms: Any, regions: Regions, whole_batch: bool
) -> tuple[Any, Any | None]:
    """The mean of each class over the pixels that count, and where such pixels exist.

    The shapes are `(B, C)`, or `(C,)` for a whole batch. The second result is None if
    all pixels count. The mean of a sample with a class index out of range is NaN.
    """
    axes = (0, *regions.space) if whole_batch else regions.space
    broken = 0.0 if regions.broken is None else regions.broken
    if whole_batch and regions.broken is not None:
        broken = ops.sum(regions.broken, axis=0)
    if regions.pixels is None and not whole_batch:
        return ops.mean(terms, axis=axes) + broken, None
    counted = ops.ones_like(terms, "bool")  # a whole batch may have no samples
    if regions.pixels is not None:
        counted = ops.logical_and(regions.pixels, counted)
    total = ops.sum(ops.where(counted, terms, 0.0), axis=axes)
    count = ops.sum(ops.cast(counted, terms.dtype), axis=axes)
    return ops.divide(total, count) + broken, count > 0
