"""What the classification losses share: log-probabilities, smoothing, selection."""

import operator
from collections.abc import Callable
from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import checks
from portable_losses.core.classes import (
    Times,
    crossentropy_of,
    like,
    of_log_softmax,
    pick,
    times,
)
from portable_losses.core.loss import Loss
from portable_losses.core.moving import as_vector, is_vector, is_zero
from portable_losses.ops.log_sums import INF


def of_log_probabilities(
    y_pred: Any, from_logits: bool, items_of: Callable[[Any, Times], Any]
) -> Any:
    """`items_of` the logarithms of class probabilities over the last axis.

    Probabilities are divided by their sum and clipped to [epsilon, 1 - epsilon], as
    in Keras, with Keras's epsilon (1e-7); logits stay in log space, without a clip,
    and may be infinite: see `of_log_softmax`.
    """
    if from_logits:
        return of_log_softmax(y_pred, items_of)
    return items_of(ops.log(clipped(normalized(y_pred))), operator.mul)


def cost_of(ids: Any, y_pred: Any, from_logits: bool) -> Any:
    """-log p of the class `ids`; NaN where an id is out of range."""
    if from_logits:
        return crossentropy_of(y_pred, ids)
    total = ops.sum(y_pred, axis=-1)
    return -ops.log(clipped(ops.divide(pick(y_pred, ids), total)))


def normalized(p: Any) -> Any:
    """Probabilities divided by their sum over the last axis; a row of 0 stays 0."""
    return ops.divide(p, ops.sum(p, axis=-1, keepdims=True))


def clipped(p: Any) -> Any:
    """Probabilities clipped to [epsilon, 1 - epsilon], with Keras's epsilon."""
    epsilon = keras.config.epsilon()
    return ops.clip(p, epsilon, 1.0 - epsilon)


def binary_crossentropy(
    t: Any, x: Any, from_logits: bool, pos_weight: Any, careful: bool = False
) -> Any:
    """-(pos_weight t log p + (1 - t) log(1 - p)), element by element."""
    if from_logits:
        log_p, log_q = ops.log_sigmoid(x), ops.log_sigmoid(-x)
    else:
        log_p, log_q = ops.log(clipped(x)), ops.log(clipped(1.0 - x))
    positive = t if pos_weight is None else pos_weight * t
    if not careful:
        return -(positive * log_p + (1.0 - t) * log_q)
    return -(times(positive, log_p) + times(1.0 - t, log_q))


def opposed(t: Any, x: Any, hard: bool) -> tuple[Any, Any, Any | None]:
    """How a logit x stands against its target t, as s, turn and d.

    s = turn x is the logit for what the target is not: turn is -1 for a target above
    1/2 and 1 for the others. d is the target less its nearer end, 0 or 1; None if all
    are there (`hard`). With these no part of a binary loss cancels, whatever x:
    -(t log p + (1 - t) log(1 - p)) == softplus(s) - d x, and with e = turn d
    t (1 - p) + (1 - t) p == e + (1 - 2 e) sigmoid(s).
    """
    end = t if hard else ops.cast(t > 0.5, t.dtype)
    turn = 1.0 - 2.0 * end
    return turn * x, turn, None if hard else t - end


def opposed_crossentropy(x: Any, s: Any, d: Any | None, careful: bool) -> Any:
    """The binary cross-entropy of a logit by the numbers of `opposed`."""
    # Not of `ops`, whose care is for half precision, which never comes here.
    cost = keras.ops.softplus(s)
    if d is None:
        return cost
    product = d * x
    if careful:
        # d x is NaN for d = 0 and an infinite x, and where it is inf the cost is too:
        # there any finite number will do, and a NaN for a NaN, which d is.
        product = keras.ops.where(product < INF, product, d)
    return cost - product


def focused(focus: Any, cost: Any) -> Any:
    """`focus * cost`; an infinite cost stays, without a gradient through its focus."""
    return keras.ops.where(cost < INF, focus, 1.0) * cost


def smoothed(t: Any, label_smoothing: float, classes: int) -> Any:
    """Targets moved towards the uniform distribution over `classes`."""
    if is_zero(label_smoothing):
        return t
    return t * (1.0 - label_smoothing) + label_smoothing / classes


def binary_targets(
    loss: Loss, y_true: Any, y_pred: Any
) -> tuple[Any, Any, Any | None, bool]:
    """Targets and predictions, which elements are kept, whether targets are 0 or 1.

    Targets are smoothed; ignored elements have harmless targets and predictions.
    """
    # Integers and booleans can only be 0 or 1.
    hard = not keras.backend.is_float_dtype(y_true.dtype)
    t, kept = like(y_true, y_pred), None
    if loss.ignore_class is not None:
        kept = t != loss.ignore_class
        t, y_pred = ops.where(kept, t, 1.0), ops.where(kept, y_pred, 0.5)
    soft = smoothed(t, loss.label_smoothing, 2)
    return soft, y_pred, kept, hard and soft is t


def positive_weight(loss: Loss, y_pred: Any) -> Any | None:
    """The loss's `pos_weight`: None, a number, or a tensor of one per column."""
    value = loss.pos_weight
    if not is_vector(value):
        return value
    owner, columns = type(loss).__name__, y_pred.shape[-1]
    value = checks.fit_length(owner, "pos_weight", value, columns)
    return as_vector(value, y_pred.dtype)


def keep_rows(y_true: Any, ignore_class: int | None) -> Any | None:
    """Where a dense row is not of the ignored class, judged by its argmax."""
    if ignore_class is None:
        return None
    return ops.argmax(y_true, axis=-1) != ignore_class


def mean_of_kept(loss: Loss, terms: Any, kept: Any | None) -> Any:
    """Mean over the last axis of the kept terms, and which items have any."""
    if loss._columns is not None:  # which notes what is left of each item
        return loss._columns.mean(terms, kept)
    if kept is None:
        return ops.mean(terms, axis=-1)
    count = ops.sum(ops.cast(kept, terms.dtype), axis=-1)
    total = ops.sum(ops.where(kept, terms, 0.0), axis=-1)
    return ops.divide(total, count), count > 0
