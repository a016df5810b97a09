"""Class indices and class weights, for every family that has a class axis."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import checks
from portable_losses.core.eager import cheap_to_read
from portable_losses.core.moving import as_vector
from portable_losses.ops.log_sums import gaps, infinite_if_none, largest_of

Carefully = Callable[[bool], Any]
"""Makes items, with or without care for infinite logits; see `carefully`."""

Times = Callable[[Any, Any], Any]
"""A product of a weight and what may be infinite."""

_BACKEND = keras.config.backend()


def valid_ids(ids: Any, num_classes: int) -> Any:
    """Where class indices lie in [0, num_classes)."""
    return keras.ops.logical_and(ids >= 0, ids < num_classes)


def pick(x: Any, ids: Any) -> Any:
    """Return `x[..., ids]`, NaN where an index is out of range."""
    ids, valid = _indices(ids, x.shape[-1])
    return _or_nan(_looked_up(x, ids), valid)


def of_log_softmax(logits: Any, items_of: Callable[[Any, Times], Any]) -> Any:
    """Return `items_of(log_p, times)` for `log_p` the log-softmax over the last axis.

    A logit of -inf gives -inf, one of inf gives 0 and -inf to the others, and neither
    has a gradient; `items_of` must weigh what may be infinite by the `times` it gets.
    """

    def items(careful: bool) -> Any:
        if careful:
            return items_of(ops.log_softmax(logits, axis=-1), times)
        return items_of(keras.ops.log_softmax(logits, axis=-1), operator.mul)

    return carefully(logits, items)


def carefully(logits: Any, items_of: Carefully) -> Any:
    """Return `items_of(True)`, which takes care of infinite logits.

    Or `items_of(False)`, which does not and is quicker, where it is seen to be finite.
    """
    if cheap_to_read(logits):
        items = items_of(False)
        if _known_finite(items[0] if isinstance(items, tuple) else items):
            return items
    return items_of(True)


def times(weight: Any, cost: Any) -> Any:
    """`weight * cost`, and 0 where the weight is 0, of an infinite cost too."""
    if isinstance(weight, int | float) and weight != 0:
        return weight * cost
    # A NaN is kept, which is what a class index out of range costs.
    infinite = keras.ops.where(weight == 0, 0.0, cost)
    return weight * keras.ops.where(keras.ops.isinf(cost), infinite, cost)


def crossentropy_of(logits: Any, ids: Any) -> Any:
    """Return `-pick(log_p, ids)` for `log_p` as in `of_log_softmax`."""
    ids, valid = _indices(ids, logits.shape[-1])
    if _BACKEND in ("tensorflow", "torch"):
        if valid is None or cheap_to_read(logits):  # items can be looked at as well
            # The copy is for TensorFlow: if `logits` is the output of a softmax, Keras
            # would replace it by the input of that softmax.
            torch = _BACKEND == "torch"
            items = _by_kernel(logits if torch else keras.ops.copy(logits), ids)
            if _known_finite(items):
                return _or_nan(items, valid)
        # A kernel knows -inf, but neither inf nor a row of nothing but -inf.
        largest = largest_of(logits, (-1,))
        items = _by_kernel(gaps(logits, largest), ids)
    elif valid is None:  # not compiled: the fewest operations
        return -_looked_up(ops.log_softmax(logits, axis=-1), ids)
    else:
        # XLA would write all the logarithms to memory before one a row is picked.
        largest = largest_of(logits, (-1,))
        total = keras.ops.sum(keras.ops.exp(gaps(logits, largest)), axis=-1)
        picked = gaps(_picked(logits, ids), largest)
        items = keras.ops.log(total) - keras.ops.squeeze(picked, -1)
    items = items + keras.ops.squeeze(infinite_if_none(largest), -1)
    return _or_nan(items, valid)


def _known_finite(items: Any) -> bool:
    """Whether all are finite and can be seen to be."""
    values = checks.known_values(items)
    return values is not None and math.isfinite(values.sum())


def _by_kernel(logits: Any, ids: Any) -> Any:
    """One kernel each way, where picking alone is twenty operations on TensorFlow."""
    if _BACKEND == "torch" and len(logits.shape) > 2:
        # Keras would hand over a view with the classes second, at half the speed.
        rows = keras.ops.reshape(logits, (-1, logits.shape[-1]))
        items = _by_kernel(rows, keras.ops.reshape(ids, (-1,)))
        return keras.ops.reshape(items, ids.shape)
    return keras.ops.sparse_categorical_crossentropy(ids, logits, from_logits=True)


def _indices(ids: Any, num_classes: int) -> tuple[Any, Any | None]:
    """Ids that can be looked up, and where they are the given ones; None: everywhere.

    An index out of range raises, clamps, wraps or becomes 0 by backend.
    """
    # To look at the values costs a tenth of the operations it may save.
    values = checks.known_values(ids)
    if values is not None and values.size:
        if values.min() >= 0 and values.max() < num_classes:
            return ids, None
    safe = keras.ops.clip(ids, 0, num_classes - 1)
    return safe, safe == ids


def _looked_up(x: Any, ids: Any) -> Any:
    """Return `x[..., ids]` for ids that are in range."""
    return keras.ops.squeeze(_picked(x, ids), -1)


def _picked(x: Any, ids: Any) -> Any:
    return keras.ops.take_along_axis(x, keras.ops.expand_dims(ids, -1), axis=-1)


def _or_nan(items: Any, valid: Any | None) -> Any:
    """NaN, which is seen, where a class index was out of range."""
    return items if valid is None else keras.ops.where(valid, items, float("nan"))


def weight_vector(
    owner: str,
    class_weights: Sequence[float] | Mapping[int, float] | None,
    num_classes: int,
    dtype: str,
) -> Any | None:
    """Return one weight per class as a tensor, or None."""
    weights = checks.weights_of_classes(owner, class_weights, num_classes)
    return None if weights is None else as_vector(weights, dtype)


def like(x: Any, other: Any) -> Any:
    """Return `x` in the dtype of `other`, without a cast that does nothing."""
    return x if x.dtype == other.dtype else keras.ops.cast(x, other.dtype)


def take(values: Any, ids: Any) -> Any:
    """Return `values[ids]` for one value per class; 0 for an index out of range."""
    valid = valid_ids(ids, values.shape[0])
    return keras.ops.where(
        valid, keras.ops.take(values, keras.ops.where(valid, ids, 0)), 0.0
    )
