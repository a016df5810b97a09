"""Shared by the losses of binary targets: exact cross-entropy from logits, masks."""

from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import checks
from portable_losses.core.loss import Loss
from portable_losses.core.vectors import as_vector, is_vector
from portable_losses.losses.classification._shared import log_of_clipped, smoothed
from portable_losses.ops import eager
from portable_losses.ops.classes import (
    like,
    times,
)
from portable_losses.ops.log_sums import INF
from portable_losses.ops.selects import where


def binary_crossentropy(
    t: Any, x: Any, from_logits: bool, pos_weight: Any, careful: bool = False
) -> Any:
    """-(pos_weight t log p + (1 - t) log(1 - p)) of each element."""
    if from_logits:
        log_p, log_q = ops.log_sigmoid(x), ops.log_sigmoid(-x)
    else:
        log_p, log_q = log_of_clipped(x), log_of_clipped(1.0 - x)
    positive = t if pos_weight is None else pos_weight * t
    if not careful:
        return (t - 1.0) * log_q - positive * log_p
    return -(times(positive, log_p) + times(1.0 - t, log_q))


def wrong_class_logit(t: Any, x: Any, hard: bool) -> tuple[Any, Any, Any | None]:
    """Return s = turn x, turn and d, with which a binary loss has no cancellation.

    Let t be the target and x the logit. turn is -1 for t > 1/2, else 1, so s is the
    logit of the wrong class. d is t minus the nearer one of the labels 0 and 1; it is
    None if all targets are 0 or 1 (`hard`). For every x, with e = turn d:
    -(t log p + (1 - t) log(1 - p)) == softplus(s) - d x, and
    t (1 - p) + (1 - t) p == e + (1 - 2 e) sigmoid(s).
    """
    hard = hard or _known_hard(t)
    end = t if hard else ops.cast(t > 0.5, t.dtype)
    turn = 1.0 - 2.0 * end
    return turn * x, turn, None if hard else t - end


def _known_hard(t: Any) -> bool:
    """Whether all targets are 0 or 1; False if their values are not cheap to read."""
    # The formula for targets of 0 and 1 has the right value, but a wrong gradient in t.
    if not eager.known_constant(t):
        return False
    values = eager.known_values(t)
    return values is not None and bool(((values == 0) | (values == 1)).all())


def crossentropy_of_logit(x: Any, s: Any, d: Any | None, careful: bool) -> Any:
    """The binary cross-entropy of a logit, from the results of `wrong_class_logit`."""
    # The softplus of Keras, which is faster: `ops.softplus` is pinned for half
    # precision only, which does not occur here.
    return less_product(keras.ops.softplus(s), x, d, careful)


def less_product(cost: Any, x: Any, d: Any | None, careful: bool) -> Any:
    """softplus(s) - d x, from the softplus and the results of `wrong_class_logit`."""
    if d is None:
        return cost
    product = d * x
    if careful:
        # d x is NaN if d = 0 and x is infinite. If d x is inf, so is the cost. In both
        # cases a finite number replaces it. That is d, so that a NaN in t stays.
        product = where(product < INF, product, d)
    return cost - product


def binary_targets(
    loss: Loss, y_true: Any, y_pred: Any
) -> tuple[Any, Any, Any | None, bool]:
    """Targets, predictions, which elements are kept, and whether targets are 0 or 1.

    Targets are smoothed. Ignored elements get safe targets and predictions.
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
    """The loss's `pos_weight`: None, a number, or a tensor with one per column."""
    value = loss.pos_weight
    if not is_vector(value):
        return value
    owner, columns = type(loss).__name__, y_pred.shape[-1]
    value = checks.fit_length(owner, "pos_weight", value, columns)
    return as_vector(value, y_pred.dtype)
