"""Probabilities and dense labels, for losses that compare them elementwise."""

from typing import Any

from portable_losses import ops
from portable_losses.ops.classes import like, valid_ids


def probabilities(y_pred: Any, from_logits: bool) -> Any:
    """y_pred, or the softmax of logits; for a single column the sigmoid.

    The softmax of `ops` is exact for logits of 1e4, and for infinite ones.
    """
    if not from_logits:
        return y_pred
    return ops.sigmoid(y_pred) if y_pred.shape[-1] == 1 else ops.softmax(y_pred)


def dense(y_true: Any, p: Any) -> tuple[Any, Any | None]:
    """Labels of p's shape, and which class indices are in range (None for labels)."""
    if len(y_true.shape) == len(p.shape):
        return like(y_true, p), None
    classes = ops.arange(p.shape[-1], dtype=y_true.dtype)
    t = ops.cast(ops.expand_dims(y_true, -1) == classes, p.dtype)
    return t, valid_ids(y_true, p.shape[-1])


def or_nan(items: Any, valid: Any | None) -> Any:
    """The items, and NaN where a class index was out of range."""
    return items if valid is None else ops.where(valid, items, float("nan"))
