"""Shared by the losses of independent binary targets, with one cost per element."""

from typing import Any, Unpack

from portable_losses.core import arguments
from portable_losses.core.signature import ClassWeights, LossArguments
from portable_losses.losses.classification._binary import binary_targets
from portable_losses.losses.classification._shared import (
    ClassLoss,
    mean_of_kept,
)
from portable_losses.ops.classes import carefully, times


class SigmoidLoss(ClassLoss):
    """Base of the losses of independent binary targets: the mean over the last axis.

    A subclass writes `costs`, one per element. The base class handles class weights,
    ignored elements, masks and infinite logits.
    """

    prediction_domain = "probabilities"
    target_domain = "probabilities"
    _whole_targets = True
    label_smoothing = 0.0

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

    def costs(self, t: Any, x: Any, hard: bool, careful: bool) -> Any:
        """Return the cost of each element.

        If `hard`, all targets are 0 or 1; if `careful`, logits may be infinite.
        """
        raise NotImplementedError

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t, x, kept, hard = binary_targets(self, y_true, y_pred)

        def items_of(careful: bool) -> Any:
            costs = self.costs(t, x, hard, careful)
            return mean_of_kept(self, self.weighted(costs, times), kept)

        return carefully(x, items_of) if self.from_logits else items_of(False)
