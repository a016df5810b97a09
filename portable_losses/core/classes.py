"""Class ids and class weights, for every family that has a class axis."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from portable_losses.core import checks
from portable_losses.core.moving import as_vector

_ON_JAX = keras.config.backend() == "jax"


def valid_ids(ids: Any, num_classes: int) -> Any:
    """Where class ids lie in [0, num_classes)."""
    return keras.ops.logical_and(ids >= 0, ids < num_classes)


def pick(x: Any, ids: Any) -> Any:
    """Return `x[..., ids]`, NaN where an id is out of range.

    An id out of range raises, clamps, wraps or becomes 0 by backend; NaN is seen.
    """
    safe = keras.ops.clip(ids, 0, x.shape[-1] - 1)
    picked = keras.ops.take_along_axis(x, keras.ops.expand_dims(safe, -1), axis=-1)
    return keras.ops.where(safe == ids, keras.ops.squeeze(picked, -1), float("nan"))


def log_softmax(logits: Any) -> Any:
    """Logarithms of the softmax over the last axis, for rows that are not all -inf.

    Such rows are NaN here; `ops.log_softmax` has a guard for them, which costs as much
    as the rest where every operation is a pass over memory.
    """
    return keras.ops.log_softmax(logits, axis=-1)


def log_softmax_of(logits: Any, ids: Any) -> Any:
    """Return `pick(log_softmax(logits), ids)`."""
    if not _ON_JAX:
        return pick(log_softmax(logits), ids)
    # XLA would write all the logarithms to memory before one a row is picked.
    top = keras.ops.stop_gradient(keras.ops.max(logits, axis=-1))
    gaps = logits - keras.ops.expand_dims(top, -1)
    total = keras.ops.sum(keras.ops.exp(gaps), axis=-1)
    return (pick(logits, ids) - top) - keras.ops.log(total)


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
    """Return `values[ids]` for one value per class; 0 where an id is out of range."""
    valid = valid_ids(ids, values.shape[0])
    return keras.ops.where(
        valid, keras.ops.take(values, keras.ops.where(valid, ids, 0)), 0.0
    )
