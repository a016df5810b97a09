"""Crossentropy, softmax and class indices, right at infinite logits."""

import math
import operator
from collections.abc import Callable
from typing import Any

import keras

from portable_losses.ops import crossentropies, eager, log_sums
from portable_losses.ops.eager import cheap_to_read
from portable_losses.ops.known import faster_form, found
from portable_losses.ops.log_sums import INF, gaps, infinite_if_none, largest_of
from portable_losses.ops.selects import where

Carefully = Callable[[bool], Any]
"""Computes items, with or without handling of infinite logits; see `carefully`."""

Times = Callable[[Any, Any], Any]
"""A product of a weight and a cost that may be infinite."""

BY_KERNEL = faster_form(
    "crossentropy_of",
    "one kernel for each pass, right at finite logits and at -inf",
    tensorflow="2.21.0",
    torch="2.13.0",
)
OWN_GRADIENT = faster_form(
    "crossentropy_of, crossentropy_of_labels",
    "a gradient that is written out takes fewer passes over memory",
    tensorflow="2.21.0",
)
FLAT = faster_form(
    "crossentropy_of",
    "Keras would pass a transposed view, with the classes on axis 1, which takes twice "
    "the time",
    torch="2.13.0",
)
KEEPS_LOGITS = found(
    "Keras takes logits as they are",
    "on TensorFlow it replaces the output of a softmax by its input",
    torch="2.13.0",
)


def valid_ids(ids: Any, num_classes: int) -> Any:
    """Where class indices lie in [0, num_classes)."""
    return keras.ops.logical_and(ids >= 0, ids < num_classes)


def pick(x: Any, ids: Any) -> Any:
    """Return `x[..., ids]`, NaN where an index is out of range."""
    ids, valid = _indices(ids, x.shape[-1])
    return _or_nan(_looked_up(x, ids), valid)


def of_log_softmax(logits: Any, items_of: Callable[[Any, Times], Any]) -> Any:
    """Return `items_of(log_p, times)` for `log_p` the log-softmax over the last axis.

    A logit of -inf gives -inf. A logit of inf gives 0, and -inf for the other classes.
    Neither has a gradient. `items_of` gets a function `times`, by which it must
    multiply a weight and a cost that may be infinite.
    """

    def items(careful: bool) -> Any:
        if careful:
            return items_of(log_sums.log_softmax(logits, axis=-1), times)
        return items_of(keras.ops.log_softmax(logits, axis=-1), operator.mul)

    return carefully(logits, items)


def carefully(logits: Any, items_of: Carefully) -> Any:
    """Return `items_of(True)`, which handles infinite logits, or `items_of(False)`.

    `items_of(False)` is faster. It is returned if its values can be read at low cost
    and are finite.
    """
    if cheap_to_read(logits):
        items = items_of(False)
        if _known_finite(items[0] if isinstance(items, tuple) else items):
            return items
    return items_of(True)


def softmax(logits: Any) -> Any:
    """`ops.softmax` over the last axis, by one kernel if it is known to be finite."""
    if cheap_to_read(logits):
        p = keras.ops.softmax(logits, axis=-1)
        if _known_finite(p[..., :1]):  # a NaN makes all classes of its item NaN
            return p
    return log_sums.softmax(logits, axis=-1)


def times(weight: Any, cost: Any) -> Any:
    """`weight * cost`, and 0 where the weight is 0, also for an infinite cost."""
    if isinstance(weight, int | float) and weight != 0:
        return weight * cost
    # A NaN stays a NaN: it is the cost of a class index out of range.
    absent = keras.ops.logical_and(weight == 0, keras.ops.isinf(cost))
    return weight * where(absent, 0.0, cost)


def crossentropy_of_labels(logits: Any, t: Any) -> Any:
    """Return `-sum_c t_c log_p_c`, for `log_p` as in `of_log_softmax`."""

    def items_of(careful: bool) -> Any:
        if not careful:
            return -keras.ops.sum(t * keras.ops.log_softmax(logits, axis=-1), axis=-1)
        if OWN_GRADIENT:
            return crossentropies.of_labels(t, logits)
        largest = largest_of(logits, (-1,))
        gap = gaps(logits, largest)
        # -sum_c t_c log p_c == sum_c t_c * log_total - sum_c t_c gap_c, where log_total
        # >= 0 >= gap: no cancellation, and one product with log_total per item.
        log_total = keras.ops.log(keras.ops.sum(keras.ops.exp(gap), axis=-1))
        log_total = log_total + keras.ops.squeeze(infinite_if_none(largest), -1)
        whole = times(keras.ops.sum(t, axis=-1), log_total)
        items = whole - keras.ops.sum(times(t, gap), axis=-1)
        return _constant_if_certain(items, largest)

    return carefully(logits, items_of)


def crossentropy_of(logits: Any, ids: Any) -> Any:
    """Return `-pick(log_p, ids)` for `log_p` as in `of_log_softmax`."""
    ids, valid = _indices(ids, logits.shape[-1])
    if BY_KERNEL:
        if valid is None or cheap_to_read(logits):  # then items can be read, too
            # The copy is for TensorFlow: if `logits` is the output of a softmax, Keras
            # would replace it by the input of that softmax.
            own = logits if KEEPS_LOGITS else keras.ops.copy(logits)
            items = _by_kernel(own, ids)
            if _known_finite(items):
                return _or_nan(items, valid)
        if OWN_GRADIENT:
            return _or_nan(crossentropies.of_ids(ids, logits), valid)
        # The kernel handles -inf, but neither inf nor logits that are all -inf.
        largest = largest_of(logits, (-1,))
        items = _by_kernel(gaps(logits, largest), ids)
    elif valid is None:  # in eager mode, with the fewest operations
        return of_log_softmax(logits, lambda log_p, _: -_looked_up(log_p, ids))
    else:
        # Not by log_softmax: XLA would write the logarithms of all classes to memory,
        # to pick one per item.
        largest = largest_of(logits, (-1,))
        total = keras.ops.sum(keras.ops.exp(gaps(logits, largest)), axis=-1)
        picked = gaps(_picked(logits, ids), largest)
        items = keras.ops.log(total) - keras.ops.squeeze(picked, -1)
    items = items + keras.ops.squeeze(infinite_if_none(largest), -1)
    return _or_nan(items, valid)


def _constant_if_certain(items: Any, largest: Any) -> Any:
    """The items, with gradient 0 where a logit is inf."""
    certain = keras.ops.squeeze(largest == INF, -1)
    return where(certain, keras.ops.stop_gradient(items), items)


def _known_finite(items: Any) -> bool:
    """Whether all items are finite, in eager mode; False in compiled code."""
    values = eager.known_values(items)
    return values is not None and math.isfinite(values.sum())


def _by_kernel(logits: Any, ids: Any) -> Any:
    """One kernel for each pass; `pick` takes twenty operations on TensorFlow."""
    if FLAT and len(logits.shape) > 2:
        rows = keras.ops.reshape(logits, (-1, logits.shape[-1]))
        items = _by_kernel(rows, keras.ops.reshape(ids, (-1,)))
        return keras.ops.reshape(items, ids.shape)
    return keras.ops.sparse_categorical_crossentropy(ids, logits, from_logits=True)


def _indices(ids: Any, num_classes: int) -> tuple[Any, Any | None]:
    """Indices clipped to the range, and True where that changed nothing; None for all.

    They are clipped because an index out of range would raise, clamp, wrap or give 0,
    depending on the backend.
    """
    # Reading the values takes a tenth of the time of the operations that it can save.
    values = eager.known_values(ids)
    if values is not None and values.size:
        if values.min() >= 0 and values.max() < num_classes:
            return ids, None
    safe = keras.ops.clip(ids, 0, num_classes - 1)
    return safe, safe == ids


def _looked_up(x: Any, ids: Any) -> Any:
    """Return `x[..., ids]` for class indices that are in range."""
    return keras.ops.squeeze(_picked(x, ids), -1)


def _picked(x: Any, ids: Any) -> Any:
    return keras.ops.take_along_axis(x, keras.ops.expand_dims(ids, -1), axis=-1)


def _or_nan(items: Any, valid: Any | None) -> Any:
    """The items, and NaN where a class index was out of range."""
    return items if valid is None else where(valid, items, float("nan"))


def like(x: Any, other: Any) -> Any:
    """Return `x` in the dtype of `other`, without a cast that does nothing."""
    return x if x.dtype == other.dtype else keras.ops.cast(x, other.dtype)


def take(values: Any, ids: Any) -> Any:
    """Return `values[ids]` for one value per class; 0 for an index out of range."""
    valid = valid_ids(ids, values.shape[0])
    return where(valid, keras.ops.take(values, where(valid, ids, 0)), 0.0)
