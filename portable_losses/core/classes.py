"""Class ids and class weights, for every family that has a class axis."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from portable_losses.core import checks
from portable_losses.core.moving import as_vector

_BACKEND = keras.config.backend()


def valid_ids(ids: Any, num_classes: int) -> Any:
    """Where class ids lie in [0, num_classes)."""
    return keras.ops.logical_and(ids >= 0, ids < num_classes)


def pick(x: Any, ids: Any) -> Any:
    """Return `x[..., ids]`, NaN where an id is out of range."""
    ids, valid = _indices(ids, x.shape[-1])
    return _or_nan(_looked_up(x, ids), valid)


def log_softmax(logits: Any) -> Any:
    """Logarithms of the softmax over the last axis, for rows that are not all -inf.

    Such rows are NaN here; `ops.log_softmax` has a guard for them, which costs as much
    as the rest where every operation is a pass over memory.
    """
    return keras.ops.log_softmax(logits, axis=-1)


def crossentropy_of(logits: Any, ids: Any) -> Any:
    """Return `-pick(log_softmax(logits), ids)`."""
    ids, valid = _indices(ids, logits.shape[-1])
    if _BACKEND in ("tensorflow", "torch"):
        items = _by_kernel(logits, ids)
    elif valid is None:  # not compiled: the fewest operations
        items = -_looked_up(log_softmax(logits), ids)
    else:
        # XLA would write all the logarithms to memory before one a row is picked.
        top = keras.ops.stop_gradient(keras.ops.max(logits, axis=-1))
        gaps = logits - keras.ops.expand_dims(top, -1)
        total = keras.ops.sum(keras.ops.exp(gaps), axis=-1)
        items = keras.ops.log(total) - (_looked_up(logits, ids) - top)
    return _or_nan(items, valid)


def _by_kernel(logits: Any, ids: Any) -> Any:
    """One kernel each way, where picking alone is twenty operations on TensorFlow."""
    if _BACKEND == "torch" and len(logits.shape) > 2:
        # Keras would hand over a view with the classes second, at half the speed.
        rows = keras.ops.reshape(logits, (-1, logits.shape[-1]))
        items = _by_kernel(rows, keras.ops.reshape(ids, (-1,)))
        return keras.ops.reshape(items, ids.shape)
    if _BACKEND == "tensorflow":
        # Of a softmax's own output Keras would take the logits that went into it.
        logits = keras.ops.copy(logits)
    return keras.ops.sparse_categorical_crossentropy(ids, logits, from_logits=True)


def _indices(ids: Any, num_classes: int) -> tuple[Any, Any | None]:
    """Ids that can be looked up, and where they are the given ones; None: everywhere.

    An id out of range raises, clamps, wraps or becomes 0 by backend.
    """
    # To look at the values costs a tenth of the operations it may save.
    values = checks.visible(ids)
    if values is not None and values.size:
        if values.min() >= 0 and values.max() < num_classes:
            return ids, None
    safe = keras.ops.clip(ids, 0, num_classes - 1)
    return safe, safe == ids


def _looked_up(x: Any, ids: Any) -> Any:
    """Return `x[..., ids]` for ids that are in range."""
    picked = keras.ops.take_along_axis(x, keras.ops.expand_dims(ids, -1), axis=-1)
    return keras.ops.squeeze(picked, -1)


def _or_nan(items: Any, valid: Any | None) -> Any:
    """NaN, which is seen, where a class id was out of range."""
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
    """Return `values[ids]` for one value per class; 0 where an id is out of range."""
    valid = valid_ids(ids, values.shape[0])
    return keras.ops.where(
        valid, keras.ops.take(values, keras.ops.where(valid, ids, 0)), 0.0
    )
