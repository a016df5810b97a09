"""The mean over columns, and the elements that a mask or weights take out of it."""

import dataclasses
from typing import Any

import keras

from portable_losses import ops
from portable_losses.core.axes import both


@dataclasses.dataclass
class Columns:
    """Which elements count in the means over the last axis, and for how much.

    One is made for a call whose mask or weights have an entry for each element, and
    for a call whose predictions lost a trailing 1: there an element is a position of a
    map, and a mean over several items is one over all their positions.

    Args:
        kept: where an element counts; None for all.
        weight: what an element's term is multiplied by; None for 1.
        positions: whether an item with fewer elements counts for less than the others.
    """

    kept: Any = None
    weight: Any = None
    positions: bool = False
    used: bool = False
    """Whether `mean` was called: a loss that never calls it takes no such mask."""
    some: Any = None
    """Of which items anything is left; None for all."""
    share: Any = None
    """What an item counts for in a mean of items; None for 1."""
    weights: Any = None
    """What it counts for in a mean by weight; None where there are no weights."""

    def mean(self, terms: Any, kept: Any = None) -> Any:
        """The mean of the terms that count; `kept` are those that the loss wants.

        With weights it is a weighted sum over the number of terms: as everywhere, a
        weight multiplies, and changes no divisor.
        """
        self.used = True
        kept = both(self.kept, kept)
        weight = self.weight
        if kept is not None:
            counted = ops.cast(kept, terms.dtype)
            weight = counted if weight is None else ops.where(kept, weight, 0.0)
        if weight is None:
            return ops.mean(terms, axis=-1)
        # Selected, and not only multiplied: a term without weight may be a NaN.
        total = ops.sum(ops.where(weight != 0, terms, 0.0) * weight, axis=-1)
        number = ops.cast(ops.shape(terms)[-1], terms.dtype)
        count = number
        if kept is not None:
            left = ops.sum(counted, axis=-1)
            self.some = left > 0
            if self.positions:
                self.share = left / number
            else:
                count = left
        if self.weight is not None:
            self.weights = ops.divide(ops.sum(weight, axis=-1), count)
        return ops.divide(total, count)

    def neighbors(self) -> "Columns":
        """Those of the pairs of neighboring columns: a pair is kept if both are."""
        kept, weight = self.kept, self.weight
        if kept is not None:
            kept = ops.logical_and(kept[..., :-1], kept[..., 1:])
        if weight is not None:
            weight = 0.5 * (weight[..., :-1] + weight[..., 1:])
        return Columns(kept, weight, self.positions)


def mean_over_columns(loss: Any, terms: Any) -> Any:
    """The mean over the last axis of `terms`, without what a mask leaves out.

    Args:
        loss: the loss whose `call` this is part of.
        terms: one term an element.
    """
    columns: Columns | None = loss._columns
    return ops.mean(terms, axis=-1) if columns is None else columns.mean(terms)


def of_elements(x: Any, whole: tuple[int | None, ...]) -> bool:
    """Whether a mask or weights have an entry for each of several columns."""
    return x is not None and len(x.shape) == len(whole) > 1 and whole[-1] != 1


def for_groups(kept: Any, groups: int) -> Any:
    """`kept` of one group of columns, for several of them side by side."""
    return kept if groups == 1 else keras.ops.concatenate([kept] * groups, axis=-1)
