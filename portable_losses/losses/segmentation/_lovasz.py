"""The Lovász extension of the Jaccard loss: the loss of a class from its errors."""

import math
from typing import Any

from portable_losses import ops
from portable_losses.losses.segmentation._shared import Regions
from portable_losses.ops.sorting import sort_down

# Added to numerator and denominator, it makes 0 / 0 equal to 1. It also makes every
# step nonzero: a step of 0 times an infinite error would be NaN. It is too small to
# change the result.
TINY = 1e-20


def jaccard_extension(
    errors: Any, regions: Regions, whole_batch: bool
) -> tuple[Any, Any, Any | None]:
    """Return the loss of each class, whether it has targets, and whether it has pixels.

    The shapes are `(B, C)`, or `(C,)` for a whole batch. The third result is None if
    all pixels count.

    With the errors m in descending order, t in the same order, G the sum of t, and J_k
    the Jaccard loss of a prediction that is wrong in the first k pixels,

        loss = sum m_k (J_k - J_{k-1})    J_k = k / (G + k - t_1 - ... - t_k)

    Args:
        errors: >= 0, `(B, *space, C)`.
        regions: the regions of these errors.
        whole_batch: whether all samples of the batch are treated as one image.
    """
    t, pixels = ops.cast(regions.t, errors.dtype), regions.pixels
    if pixels is not None:
        # An error of 0 is sorted to the end and adds nothing.
        errors, t = ops.where(pixels, errors, 0.0), ops.where(pixels, t, 0.0)
    errors, t = _flat(errors, whole_batch), _flat(t, whole_batch)
    total = ops.sum(t, axis=-1)
    if regions.broken is not None:
        broken = regions.broken
        total = total + (ops.sum(broken, axis=0) if whole_batch else broken)
    errors, t = sort_down(errors, t)
    losses = ops.sum(errors * ops.stop_gradient(_steps(t, total)), axis=-1)
    counted = None
    if pixels is not None:
        axes = (0, *regions.space) if whole_batch else regions.space
        counted = ops.any(pixels, axis=axes)
        counted = ops.logical_and(counted, ops.ones_like(losses, "bool"))
    return losses, total != 0, counted  # a NaN is not 0 either


def _steps(t: Any, total: Any) -> Any:
    """J_k - J_{k-1}, along the last axis."""
    before = ops.arange(ops.shape(t)[-1], dtype=t.dtype)  # k - 1
    left = ops.expand_dims(total, -1) - ops.cumsum(t, axis=-1) + TINY
    # With D_k = left_k + k, the difference k / D_k - (k - 1) / D_{k-1} is
    # (left_{k-1} + (k - 1) t_k) / (D_{k-1} D_k), without cancellation. For k = 1
    # and no target pixel the first quotient is 0 / 0, which counts as 1.
    left_before = left + t
    share = (left_before + before * t) / (left_before + before)
    return share / (left + (before + 1.0))


def _flat(x: Any, whole_batch: bool) -> Any:
    """`(B, *space, C)` as `(B, C, N)`, or as `(C, N)` for a whole batch."""
    x = ops.moveaxis(x, -1, 0 if whole_batch else 1)
    shape = ops.shape(x)
    first = 1 if whole_batch else 2
    return ops.reshape(x, (*shape[:first], math.prod(shape[first:])))
