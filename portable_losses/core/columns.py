"""The mean over columns, without the elements that a mask or weights exclude."""

import dataclasses
from typing import Any

import keras

from portable_losses import ops
from portable_losses.core.axes import both


@dataclasses.dataclass
class Columns:
    """Which elements count in the means over the last axis, and with which weight.

    It is used for a call whose mask or weights have an entry for each element. It is
    also used where a trailing axis of size 1 of y_pred was squeezed: there an element
    is a position of a map, and the mean of items is the mean over all kept positions.

    Args:
        kept: True for elements that count; None for all.
        weight: the factor of an element's term; None for 1.
        positions: whether an item counts in proportion to its number of elements.
    """

    kept: Any = None
    weight: Any = None
    positions: bool = False
    used: bool = False
    """Whether `mean` was called. A loss that does not call it cannot use a mask per
    element, which is then rejected."""
    some: Any = None
    """True for items with at least one kept element; None for all."""
    share: Any = None
    """The weight of an item in the mean of items; None for 1."""
    weights: Any = None
    """The divisor of an item in a mean by weight; None without weights."""

    def mean(self, terms: Any, kept: Any = None) -> Any:
        """The mean of the terms that count; `kept` is the loss's own selection.

        With weights it is the weighted sum divided by the number of terms: as in Keras,
        a weight multiplies a term, and does not change the divisor.
        """
        self.used = True
        kept = both(self.kept, kept)
        weight = self.weight
        if kept is not None:
            counted = ops.cast(kept, terms.dtype)
            weight = counted if weight is None else ops.where(kept, weight, 0.0)
        if weight is None:
            return ops.mean(terms, axis=-1)
        # A term of weight 0 may be NaN, and NaN * 0 is NaN: so it is also selected.
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
        """The same for pairs of neighboring columns: a pair is kept if both are."""
        kept, weight = self.kept, self.weight
        if kept is not None:
            kept = ops.logical_and(kept[..., :-1], kept[..., 1:])
        if weight is not None:
            weight = 0.5 * (weight[..., :-1] + weight[..., 1:])
        return Columns(kept, weight, self.positions)


def mean_over_columns(loss: Any, terms: Any) -> Any:
    """The mean over the last axis of `terms`, without masked elements.

    Args:
        loss: the loss whose `call` this is part of.
        terms: one term per element.
    """
    columns: Columns | None = loss._columns
    return ops.mean(terms, axis=-1) if columns is None else columns.mean(terms)


def of_elements(x: Any, whole: tuple[int | None, ...]) -> bool:
    """Whether a mask or weights have an entry for each of several columns."""
    return x is not None and len(x.shape) == len(whole) > 1 and whole[-1] != 1


def for_groups(kept: Any, groups: int) -> Any:
    """`kept` of one group of columns, repeated for several groups side by side."""
    return kept if groups == 1 else keras.ops.concatenate([kept] * groups, axis=-1)
