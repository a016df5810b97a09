"""Shared by the losses of cosines: the margin of a class, and the cross-entropy."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.ops.classes import crossentropy_of_labels, pick


class CosineLoss(Loss):
    """Base of the softmax losses of cosines, with a margin for the right class.

    A subclass stores its margin and writes `with_margin`.
    """

    targets = "classes"
    prediction_domain = "cosines"
    target_domain = "probabilities"
    _class_axis = True

    def __init__(self, *, scale: Number, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)
        self.scale = arguments.number(self, "scale", scale, above=0)

    def with_margin(self, cosine: Any) -> Any:
        """Return the cosines of right classes, reduced by the margin."""
        raise NotImplementedError

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if len(y_true.shape) == len(y_pred.shape):
            shift = self.with_margin(y_pred) - y_pred
            return crossentropy_of_labels(
                self.scale * (y_pred + y_true * shift), y_true
            )
        is_right = ops.equal(ops.arange(y_pred.shape[-1]), ops.expand_dims(y_true, -1))
        others = ops.where(is_right, -float("inf"), self.scale * y_pred)
        right = self.scale * self.with_margin(pick(y_pred, y_true))
        # -log(exp(r) / (exp(r) + sum exp(o))) == log(1 + sum exp(o) / exp(r))
        return ops.softplus(ops.logsumexp(others, axis=-1) - right)
