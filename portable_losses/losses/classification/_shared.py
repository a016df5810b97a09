"""What the classification losses share: log-probabilities, smoothing, selection."""

from typing import Any

import keras

from portable_losses import ops
from portable_losses.core.classes import pick


def log_probabilities(y_pred: Any, from_logits: bool) -> Any:
    """Logarithms of class probabilities over the last axis.

    Probabilities are divided by their sum and clipped to [epsilon, 1 - epsilon], as
    in Keras, with Keras's epsilon (1e-7); logits stay in log space, without a clip.
    """
    if from_logits:
        return ops.log_softmax(y_pred, axis=-1)
    return ops.log(clipped(normalized(y_pred)))


def log_probability_of(ids: Any, y_pred: Any, from_logits: bool) -> Any:
    """`log_probabilities(...)[..., ids]`; NaN where an id is out of range."""
    if from_logits:
        return pick(ops.log_softmax(y_pred, axis=-1), ids)
    total = ops.sum(y_pred, axis=-1)
    return ops.log(clipped(ops.divide(pick(y_pred, ids), total)))


def normalized(p: Any) -> Any:
    """Probabilities divided by their sum over the last axis; a row of 0 stays 0."""
    return ops.divide(p, ops.sum(p, axis=-1, keepdims=True))


def clipped(p: Any) -> Any:
    """Probabilities clipped to [epsilon, 1 - epsilon], with Keras's epsilon."""
    epsilon = keras.config.epsilon()
    return ops.clip(p, epsilon, 1.0 - epsilon)


def log_sigmoids(y_pred: Any, from_logits: bool) -> tuple[Any, Any]:
    """Logarithms of p and of 1 - p, for logits or for probabilities."""
    if from_logits:
        return ops.log_sigmoid(y_pred), ops.log_sigmoid(-y_pred)
    return ops.log(clipped(y_pred)), ops.log(clipped(1.0 - y_pred))


def smoothed(t: Any, label_smoothing: float, classes: int) -> Any:
    """Targets moved towards the uniform distribution over `classes`."""
    if isinstance(label_smoothing, int | float) and label_smoothing == 0:
        return t
    return t * (1.0 - label_smoothing) + label_smoothing / classes


def mean_of_kept(terms: Any, kept: Any | None) -> Any:
    """Mean over the last axis of the kept terms, and which items have any."""
    if kept is None:
        return ops.mean(terms, axis=-1)
    count = ops.sum(ops.cast(kept, terms.dtype), axis=-1)
    total = ops.sum(ops.where(kept, terms, 0.0), axis=-1)
    return ops.divide(total, count), count > 0
