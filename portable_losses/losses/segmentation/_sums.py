"""Sums over space, and means over the classes that count."""

import math
from typing import Any, NamedTuple

from portable_losses import ops

TINY = 1e-30


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

    `Loss` excludes a sample that is masked as a whole: it replaces the inputs by safe
    values and drops the item. So such a sample is scored here like any other.
    """
    if kept is None or len(kept.shape) == 1:
        return None
    inner = tuple(range(1, len(kept.shape)))
    nothing = ops.logical_not(ops.any(kept, axis=inner, keepdims=True))
    return ops.logical_or(kept, nothing)


def region_sums(t: Any, p: Any, pixels: Any | None, squared: bool) -> Sums:
    space = tuple(range(1, len(p.shape) - 1))
    sizes = [ops.shape(p)[axis] for axis in space]
    if pixels is None:
        count = ops.zeros_like(p[(slice(None), *(0 for _ in space), slice(0, 1))])
        count = count + ops.cast(math.prod(sizes), p.dtype)
    else:
        # An axis of size 1 means that all pixels along it count or do not.
        rest = [n for n, m in zip(sizes, pixels.shape[1:], strict=False) if m == 1]
        count = ops.sum(ops.cast(pixels, p.dtype), axis=space)
        count = count * ops.cast(math.prod(rest), p.dtype)
        p = ops.where(pixels, p, 0.0)
        hard = t.dtype != p.dtype
        t = ops.logical_and(pixels, t) if hard else ops.where(pixels, t, 0.0)
    plain = ops.sum(p, axis=space)
    pred = ops.sum(ops.square(p), axis=space) if squared else plain
    if t.dtype != p.dtype:  # t is boolean: t^2 = t, and min(t, p) = t p
        true = ops.cast(ops.sum(t, axis=space), p.dtype)
        overlap = ops.sum(ops.where(t, p, 0.0), axis=space)
    elif squared:
        true = ops.sum(ops.square(t), axis=space)
        overlap = ops.sum(t * p, axis=space)
    else:
        true = ops.sum(t, axis=space)
        # t - TINY == t except at t = 0. So the gradient is that of t p: at p = t = 1 it
        # is that of p, and at p = t = 0 it is 0.
        overlap = ops.sum(ops.where(p > t - TINY, t, p), axis=space)
    return Sums(overlap, true, pred, plain, count)


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
    """Weighted mean over the classes that count, and which samples have one."""
    if counted is None:
        mean = ops.mean(losses, -1) if w is None else ops.sum(losses * w, axis=-1)
        return mean, None
    share = ops.cast(counted, losses.dtype)
    if w is not None:
        share = share * w
    total = ops.sum(share, axis=-1)
    losses = ops.where(counted, losses, 0.0)
    return ops.divide(ops.sum(losses * share, axis=-1), total), total > 0
