"""Sums over space, and means over the classes that count."""

import math
from typing import Any, NamedTuple

from portable_losses import ops
from portable_losses.losses.segmentation._targets import one_hot
from portable_losses.ops import eager
from portable_losses.ops.eager import cheap_to_read
from portable_losses.ops.known import faster_form
from portable_losses.ops.sums import sum_over

LOOKS_UP = faster_form(
    "the sums of a map of class indices",
    "one value a pixel instead of C, added in float64; nothing is fused there",
    torch="2.13.0",
    numpy="2.4.6",
)


class Sums(NamedTuple):
    """The sums over space of each class: `(B, C)`, or `(C,)` for a whole batch.

    Args:
        overlap: I, the sum of min(t, p); of t p if `squared`.
        true: the sum of t; of t^2 if `squared`.
        pred: the sum of p; of p^2 if `squared`.
        plain: the sum of p.
        count: the number of pixels that count; it broadcasts against the others.
    """

    overlap: Any
    true: Any
    pred: Any
    plain: Any
    count: Any


def within(kept: Any | None) -> Any | None:
    """Which pixels count within the samples that do; None for all.

    In a sample that is masked completely, all pixels count here: `Loss` has replaced
    its inputs by safe values, and drops its item.
    """
    if kept is None or len(kept.shape) == 1:
        return None
    inner = tuple(range(1, len(kept.shape)))
    nothing = ops.logical_not(ops.any(kept, axis=inner, keepdims=True))
    return ops.logical_or(kept, nothing)


def region_sums(regions: Any, squared: bool) -> Sums:
    """The sums over space of each class, of the pixels that count."""
    p, pixels, space = regions.p, regions.pixels, regions.space
    if pixels is not None:
        p = ops.where(pixels, p, 0.0)
    plain = sum_over(p, space)
    pred = sum_over(ops.square(p), space) if squared else plain
    true, overlap = _true_and_overlap(regions, p, squared)
    return Sums(overlap, true, pred, plain, _count(p, pixels, space))


def _count(p: Any, pixels: Any | None, space: tuple[int, ...]) -> Any:
    """The number of pixels that count."""
    sizes = [ops.shape(p)[axis] for axis in space]
    if pixels is None:
        count = ops.zeros_like(p[(slice(None), *(0 for _ in space), slice(0, 1))])
        return count + ops.cast(math.prod(sizes), p.dtype)
    # Along an axis of size 1 the mask is the same for all pixels.
    rest = [n for n, m in zip(sizes, pixels.shape[1:], strict=False) if m == 1]
    count = sum_over(ops.cast(pixels, p.dtype), space)
    return count * ops.cast(math.prod(rest), p.dtype)


def _true_and_overlap(regions: Any, p: Any, squared: bool) -> tuple[Any, Any]:
    """The sums of t and of min(t, p), or of t^2 and t p; p is 0 in masked pixels."""
    pixels, space = regions.pixels, regions.space
    if regions.ids is not None:  # t is 0 or 1: t^2 = t, and min(t, p) = t p
        whole_pixels = pixels is None or pixels.shape[-1] == 1
        if LOOKS_UP and whole_pixels and cheap_to_read(p):
            return _by_looking_up(regions.ids, p, pixels)
        t = one_hot(regions.ids, p.shape[-1])
        t = t if pixels is None else ops.logical_and(pixels, t)
        true = ops.cast(sum_over(t, space), p.dtype)
        return true, sum_over(ops.where(t, p, 0.0), space)
    t = regions.t if pixels is None else ops.where(pixels, regions.t, 0.0)
    if squared:
        return sum_over(ops.square(t), space), sum_over(t * p, space)
    true = sum_over(t, space)
    if _known_hard(t, true, space):
        return true, sum_over(t * p, space)
    # For t in {0, 1} the gradient at p = t is that of t p: 1 at t = 1, and 0 at t = 0.
    takes_t = ops.logical_or(p > t, t == 0)
    return true, sum_over(ops.where(takes_t, t, p), space)


def _known_hard(t: Any, true: Any, space: tuple[int, ...]) -> bool:
    """Whether all t are 0 or 1, so that min(t, p) equals t p; read where it is cheap.

    min(t, p) - t p is at most t (1 - t). So the two forms are equal if the sums of t
    and of t^2 are equal in every class.
    """
    # Not if t needs a gradient: min(t, p) and t p have different gradients in t.
    if not eager.known_constant(t):
        return False
    rest = eager.known_values(true - sum_over(ops.square(t), space))
    return rest is not None and not rest.any()


def _by_looking_up(ids: Any, p: Any, pixels: Any | None) -> tuple[Any, Any]:
    """The sums for a map of class indices, from one value per pixel instead of C.

    This is faster where operations are not fused by a compiler, so that each one is a
    pass over `(B, *space, C)`.
    """
    batch, classes = p.shape[0], p.shape[-1]
    labeled = ops.logical_and(ids >= 0, ids < classes)
    if pixels is not None:
        labeled = ops.logical_and(labeled, ops.squeeze(pixels, -1))
    safe = ops.where(labeled, ids, 0)
    picked = ops.squeeze(ops.take_along_axis(p, ops.expand_dims(safe, -1), -1), -1)
    sample = ops.arange(batch, dtype=ids.dtype)
    sample = ops.reshape(sample, (batch, *(1,) * (len(ids.shape) - 1)))
    segments = ops.reshape(safe + classes * sample, (-1,))

    def sums(x: Any) -> Any:
        # The numbers are added one after the other, which in float32 is inaccurate.
        x = ops.reshape(ops.cast(x, "float64"), (-1,))
        # Keras on torch fails for 0 segments: an empty batch has one, which is cut off.
        count = batch * classes
        x = ops.segment_sum(x, segments, num_segments=max(count, 1))[:count]
        return ops.cast(ops.reshape(x, (batch, classes)), p.dtype)

    return sums(labeled), sums(ops.where(labeled, picked, 0.0))


def complement_of_empty(sums: Sums, squared: bool) -> Sums:
    """The sums, with 1 - t and 1 - p for the classes whose t are all 0."""
    absent = sums.true == 0
    left = sums.count - sums.plain
    # sum (1 - p)^2 == count - 2 sum p + sum p^2
    size = left - sums.plain + sums.pred if squared else left
    return sums._replace(
        overlap=ops.where(absent, left, sums.overlap),
        true=ops.where(absent, sums.count, sums.true),
        pred=ops.where(absent, size, sums.pred),
    )


def class_mean(
    losses: Any, counted: Any | None, w: Any | None
) -> tuple[Any, Any | None]:
    """Weighted mean over the classes that count, and the samples that have one."""
    if counted is None:
        mean = ops.mean(losses, -1) if w is None else ops.sum(losses * w, axis=-1)
        return mean, None
    share = ops.cast(counted, losses.dtype)
    if w is not None:
        share = share * w
    total = ops.sum(share, axis=-1)
    losses = ops.where(counted, losses, 0.0)
    return ops.divide(ops.sum(losses * share, axis=-1), total), total > 0
