"""Penalties on predictions, without targets."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.axes import expand
from portable_losses.core.loss import Loss
from portable_losses.core.moving import is_zero
from portable_losses.core.signature import LossArguments, Number


class PredictionPenalty(Loss):
    """Penalty on predictions (activity regularization as a loss).

    It penalizes large or small predictions, and ignores the targets. As a term of a sum
    of losses it regularizes an output.

    With p the predictions of a sample, the item is

        l1 sum abs(p) + l2 mean p^2 + inverse mean (1 / (abs(p) + epsilon)^2)

    Shapes: `y_pred` is `(B, ...)`; `y_true` is ignored and may be None. Items are
    `(B,)`.

    Args:
        l1: weight >= 0 of the sum of the absolute values.
        l2: weight >= 0 of the mean of the squares.
        inverse: weight >= 0 of the mean of the inverse squares, which keep predictions
            away from 0.
        epsilon: > 0 and in the units of y_pred, which bounds the inverse squares.

    Edge cases: with all weights 0, the default, the loss is 0. At a prediction of 0 the
    gradient is 0, also that of `inverse`, whose value there is 1e16 with the default
    epsilon. Masked elements are excluded from the sum and the means.

    Raises:
        ValueError: for negative weights, an epsilon that is not > 0, and sample weights
            per element.

    Example:
        >>> loss = portable_losses.PredictionPenalty(l1=0.1, l2=1.0)
        >>> round(float(loss(None, [[1.0, -3.0]])), 4)  # 0.1 (1 + 3) + (1 + 9) / 2
        5.4
    """

    targets = "any"

    def __init__(
        self,
        *,
        l1: Number = 0.0,
        l2: Number = 0.0,
        inverse: Number = 0.0,
        epsilon: Number = 1e-8,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.l1 = arguments.number(self, "l1", l1, at_least=0)
        self.l2 = arguments.number(self, "l2", l2, at_least=0)
        self.inverse = arguments.number(self, "inverse", inverse, at_least=0)
        self.epsilon = arguments.number(self, "epsilon", epsilon, above=0)

    def _shared_axes(self, y_pred: Any) -> int:
        return 1

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        p = y_pred if len(y_pred.shape) > 1 else ops.expand_dims(y_pred, -1)
        axes = tuple(range(1, len(p.shape)))
        used = ops.ones_like(p, dtype="bool")
        if kept is not None:
            used = ops.logical_and(used, expand(kept, len(p.shape)))
        count = ops.sum(ops.cast(used, p.dtype), axis=axes)

        def total(terms: Any) -> Any:
            return ops.sum(ops.where(used, terms, 0.0), axis=axes)

        # If all weights are 0, the items are 0, also for infinite predictions.
        items = ops.sum(ops.where(ops.zeros_like(used), p, 0.0), axis=axes)
        if not is_zero(self.l1):
            items = items + self.l1 * total(ops.abs(p))
        if not is_zero(self.l2):
            items = items + self.l2 * ops.divide(total(ops.square(p)), count)
        if not is_zero(self.inverse):
            squares = ops.square(1.0 / (ops.abs(p) + self.epsilon))
            items = items + self.inverse * ops.divide(total(squares), count)
        return items
