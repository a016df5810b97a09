"""Sums over the samples of a label, without a matrix of all pairs."""

from typing import Any

from portable_losses import ops


def sums_of_others(labels: Any, x: Any, kept: Any | None) -> tuple[Any, Any]:
    """The sum of `x` over the other samples of the same label, and their number.

    They are `(N, D)` and `(N,)`. Samples that are not kept are not counted.

    Args:
        labels: whole numbers, `(N,)`.
        x: finite numbers, `(N, D)`.
        kept: which samples count, `(N,)`; None for all.
    """
    one = ops.ones_like(x[:, :1])
    if kept is not None:
        one = ops.where(ops.expand_dims(kept, 1), one, 0.0)
        x = x * one
    both = ops.concatenate([x, one], axis=1)
    place = ops.expand_dims(_first_of_label(labels), 1)
    sums = ops.scatter_update(ops.zeros_like(both), place, both, "add")
    others = ops.take(sums, place[:, 0], axis=0) - both
    return others[:, :-1], ops.round(others[:, -1])


def _first_of_label(labels: Any) -> Any:
    """A number below N for each sample, equal for samples of equal label, `(N,)`."""
    order = ops.argsort(labels)
    sorted_labels = ops.take(labels, order, axis=0)
    begins = ops.concatenate(
        [order[:1] < 0, sorted_labels[1:] != sorted_labels[:-1]], axis=0
    )
    number = ops.cumsum(ops.cast(begins, "int32"))
    return ops.take(number, ops.argsort(order), axis=0)
