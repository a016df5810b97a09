"""Shared by the classification losses: log-probabilities, smoothing, selection."""

import operator
from collections.abc import Callable
from typing import Any, Unpack

import keras

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.classes import weight_vector
from portable_losses.core.loss import Loss
from portable_losses.core.moving import is_zero
from portable_losses.core.signature import ClassWeights, LossArguments
from portable_losses.ops import logs
from portable_losses.ops.classes import (
    Times,
    crossentropy_of,
    like,
    of_log_softmax,
    pick,
    take,
    times,
)


class ClassArguments(LossArguments, total=False):
    """The arguments that the constructors of most losses of classes share."""

    from_logits: bool
    class_weights: ClassWeights
    ignore_class: int | None


class ClassLoss(Loss):
    """Base of the losses with a class axis: handles class weights and ignored classes.

    It has no constructor: the drop-in replacements have those of Keras, which differ.
    """

    axis: int = -1
    class_weights: Any = None
    ignore_class: int | None = None

    def feature_axis(self) -> int:
        return self.axis

    def keep(self, y_true: Any) -> Any | None:
        if self._targets != "same" or self.ignore_class is None:
            return super().keep(y_true)
        return ops.argmax(y_true, axis=-1) != self.ignore_class

    def vector_of_weights(self, y_pred: Any) -> Any | None:
        """One weight per class as a tensor, or None."""
        classes, dtype = y_pred.shape[-1], y_pred.dtype
        return weight_vector(type(self).__name__, self.class_weights, classes, dtype)

    def weighted(self, terms: Any, times: Times = operator.mul) -> Any:
        """Terms with the classes on the last axis, each times the weight of its class.

        `times` is that of `of_log_softmax`, for terms that may be infinite.
        """
        w = self.vector_of_weights(terms)
        return terms if w is None else times(w, terms)

    def weighted_by(self, ids: Any, items: Any, y_pred: Any) -> Any:
        """Items, each times the weight of its class index."""
        w = self.vector_of_weights(y_pred)
        return items if w is None else times(take(w, ids), items)


class LabelLoss(ClassLoss):
    """Base of the losses of one-hot or soft labels, or of class indices."""

    targets = "classes"
    prediction_domain = "class probabilities"
    target_domain = "probabilities"
    _class_axis = True

    def __init__(
        self,
        *,
        from_logits: bool = False,
        class_weights: ClassWeights = None,
        ignore_class: int | None = None,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        arguments.store(
            self,
            from_logits=from_logits,
            class_weights=class_weights,
            ignore_class=ignore_class,
        )

    def of_labels(self, y_true: Any, values: Any, times: Times = operator.mul) -> Any:
        """The value of each item's class; for soft labels the expected value.

        `values` have the classes on the last axis. The result is sum_c t_c values_c for
        labels of y_pred's shape, and values[y] for class indices, NaN where one is out
        of range.
        """
        if len(y_true.shape) < len(values.shape):
            return pick(values, y_true)
        return ops.sum(times(like(y_true, values), values), axis=-1)


def of_log_probabilities(
    y_pred: Any, from_logits: bool, items_of: Callable[[Any, Times], Any]
) -> Any:
    """`items_of` the logarithms of class probabilities over the last axis.

    Probabilities are divided by their sum and clipped to [epsilon, 1 - epsilon] with
    Keras's epsilon (1e-7), as in Keras. Logits are not clipped and may be infinite: see
    `of_log_softmax`.
    """
    if from_logits:
        return of_log_softmax(y_pred, items_of)
    return items_of(log_of_clipped(normalized(y_pred)), operator.mul)


def cost_of(ids: Any, y_pred: Any, from_logits: bool) -> Any:
    """-log p of the classes `ids`; NaN where an index is out of range."""
    if from_logits:
        return crossentropy_of(y_pred, ids)
    total = ops.sum(y_pred, axis=-1)
    return -log_of_clipped(ops.divide(pick(y_pred, ids), total))


def normalized(p: Any) -> Any:
    """Probabilities divided by their sum over the last axis; a sum of 0 gives 0."""
    total = ops.sum(p, axis=-1, keepdims=True)
    # p / inf has value 0 and gradient 0. This takes one `where` per item, not per
    # class.
    return p / ops.where(total == 0, float("inf"), total)


def log_of_clipped(p: Any) -> Any:
    """log(p), where p is clipped to [epsilon, 1 - epsilon] with Keras's epsilon."""
    epsilon = keras.config.epsilon()
    return logs.log_of_clipped(p, epsilon, 1.0 - epsilon)


def smoothed(t: Any, label_smoothing: float, classes: int) -> Any:
    """Targets moved towards the uniform distribution over `classes`."""
    if is_zero(label_smoothing):
        return t
    return t * (1.0 - label_smoothing) + label_smoothing / classes


def mean_of_kept(loss: Loss, terms: Any, kept: Any | None) -> Any:
    """Mean of the kept terms over the last axis, and which items have such terms."""
    if loss._columns is not None:  # it also records which items have kept columns
        return loss._columns.mean(terms, kept)
    if kept is None:
        return ops.mean(terms, axis=-1)
    count = ops.sum(ops.cast(kept, terms.dtype), axis=-1)
    total = ops.sum(ops.where(kept, terms, 0.0), axis=-1)
    return ops.divide(total, count), count > 0
