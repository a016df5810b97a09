"""Shared by the losses of class probabilities: labels as distributions."""

from typing import Any

from portable_losses import ops
from portable_losses.core.axes import expand
from portable_losses.ops.classes import like, valid_ids


def distributions(y_true: Any, y_pred: Any, from_logits: bool) -> tuple[Any, Any]:
    """Labels and predictions as probabilities of y_pred's shape.

    Class indices become one-hot labels, all 0 for an index out of range.
    """
    p = ops.softmax(y_pred, axis=-1) if from_logits else y_pred
    if len(y_true.shape) == len(y_pred.shape):
        return like(y_true, p), p
    classes = ops.arange(y_pred.shape[-1], dtype=y_true.dtype)
    return ops.cast(ops.expand_dims(y_true, -1) == classes, p.dtype), p


def wrong_ids(y_true: Any, y_pred: Any, kept: Any) -> Any | None:
    """Whether any kept class index is out of range; None for one-hot or soft labels."""
    if len(y_true.shape) == len(y_pred.shape):
        return None
    wrong = ops.logical_not(valid_ids(y_true, y_pred.shape[-1]))
    if kept is not None:
        wrong = ops.logical_and(wrong, expand(kept, len(wrong.shape)))
    return ops.any(wrong)
