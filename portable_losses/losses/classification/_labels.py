"""Shared by the losses of class indices, one-hot or soft labels: cross-entropy."""

from collections.abc import Sequence
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments, checks
from portable_losses.core.signature import ClassWeights, LossArguments
from portable_losses.core.vectors import as_vector
from portable_losses.losses.classification._shared import (
    LabelLoss,
    cost_of,
    log_of_clipped,
    normalized,
)
from portable_losses.ops.classes import crossentropy_of_labels, like, valid_ids


class LogitLoss(LabelLoss):
    """Base of the losses of labels that take logits only."""

    def __init__(
        self,
        *,
        from_logits: bool = True,
        class_weights: ClassWeights = None,
        ignore_class: int | None = None,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(
            from_logits=arguments.logits_alone(self, from_logits),
            class_weights=class_weights,
            ignore_class=ignore_class,
            **common,
        )


def counts_of(owner: object, class_counts: Sequence[float]) -> Any:
    """Check the argument `class_counts`, and return it as a tuple."""
    return arguments.vector(owner, "class_counts", class_counts, above=0)


def counts_for(loss: Any, y_pred: Any) -> Any:
    """The loss's `class_counts` as a tensor, one for each class of y_pred."""
    owner, classes = type(loss).__name__, y_pred.shape[-1]
    counts = checks.fit_length(owner, "class_counts", loss.class_counts, classes)
    return as_vector(counts, y_pred.dtype)


def crossentropy(loss: Any, y_true: Any, y_pred: Any, from_logits: bool = True) -> Any:
    """Cross-entropy of labels of any form, each class times its weight."""
    if len(y_true.shape) < len(y_pred.shape):
        return loss.weighted_by(y_true, cost_of(y_true, y_pred, from_logits), y_pred)
    t = loss.weighted(like(y_true, y_pred))
    if from_logits:
        return crossentropy_of_labels(y_pred, t)
    return -ops.sum(t * log_of_clipped(normalized(y_pred)), axis=-1)


def dense_labels(y_true: Any, y_pred: Any) -> Any:
    """Labels of y_pred's shape; class indices become one-hot labels.

    The labels of an index out of range are all 0; `marked` then makes its item NaN. A
    NaN in the labels would make the gradient NaN, also that of masked items.
    """
    if len(y_true.shape) == len(y_pred.shape):
        return like(y_true, y_pred)
    ids = ops.expand_dims(y_true, -1)
    one_hot = ops.equal(ids, ops.arange(y_pred.shape[-1], dtype=ids.dtype))
    return ops.cast(one_hot, y_pred.dtype)


def marked(items: Any, y_true: Any, y_pred: Any) -> Any:
    """The items, and NaN where a class index is out of range."""
    if len(y_true.shape) == len(y_pred.shape):
        return items
    return ops.where(valid_ids(y_true, y_pred.shape[-1]), items, float("nan"))
