"""Shared by the losses of rank logits: one logit for each level k, of "y > k"."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.ops.classes import valid_ids


class LevelLoss(Loss):
    """Base of the losses of rank logits, which sum a cross-entropy over the levels.

    A subclass writes `counted`, which says which levels an item sums over.
    """

    targets = "ids"
    prediction_domain = "logits"

    def __init__(
        self,
        num_classes: int,
        *,
        from_logits: bool = True,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.num_classes = arguments.integer(
            self, "num_classes", num_classes, at_least=2
        )
        self.from_logits = arguments.logits_alone(self, from_logits)

    def class_count(self, y_pred: Any) -> int:
        return self.num_classes

    def counted(self, rank: Any, level: Any) -> Any | None:
        """Which levels count, `(B, ..., C - 1)`; None for all of them."""
        return None

    def call(self, y_true: Any, y_pred: Any) -> Any:
        levels = self.num_classes - 1
        if y_pred.shape[-1] != levels:
            shape = tuple(y_pred.shape)
            rule = f"1 more than the last axis of y_pred, of shape {shape}"
            remedy = f"give y_pred {levels} logits, one per level"
            errors.fail(self, "num_classes", rule, self.num_classes, remedy)
        rank = ops.expand_dims(y_true, -1)
        level = ops.arange(levels, dtype=y_true.dtype)
        # -log sigmoid(z) == softplus(-z)
        costs = ops.softplus(ops.where(rank > level, -y_pred, y_pred))
        counted = self.counted(rank, level)
        if counted is not None:
            costs = ops.where(counted, costs, 0.0)
        valid = valid_ids(y_true, self.num_classes)
        return ops.where(valid, ops.sum(costs, axis=-1), float("nan"))
