"""Quadratic for small residuals, linear for large ones: Huber and smooth L1."""

from typing import Any

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import ClassWeights, DType, Number, Reduction
from portable_losses.losses.regression._shared import mean_over_columns, residual
from portable_losses.ops.residuals import huber


class Huber(Loss):
    """Huber loss.

    It penalizes small residuals by their square, and large ones by their absolute
    value.

    With r = y_pred - y_true, the item is the mean over the last axis of

        r^2 / 2                          where abs(r) <= delta
        delta abs(r) - delta^2 / 2       elsewhere

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        delta: residual, > 0 and in the units of y, at which the loss turns linear.
        class_weights: one weight per output column, or `{column: weight}` with 1 for
            the rest; None weights all equally. The mean divides by the number of
            columns.

    Edge cases: at abs(r) = delta value and gradient are continuous.

    Raises:
        ValueError: if delta is not > 0, if the shapes differ, or if there is not one
            weight per column.

    Example:
        >>> loss = portable_losses.Huber(delta=1.0)
        >>> float(loss([[0.0, 0.0]], [[0.5, 3.0]]))
        1.3125

    Reference:
        Huber, "Robust estimation of a location parameter", Annals of Mathematical
        Statistics 35, 1964, section 4.

    Differs: from Keras for a delta <= 0, which gives negative losses there and is
    rejected here; and for shapes that Keras broadcasts, which raise ValueError here.
    """

    def __init__(
        self,
        delta: Number = 1.0,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.delta = arguments.number(self, "delta", delta, above=0)
        self.class_weights = arguments.class_weights(self, class_weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return mean_over_columns(self, huber(residual(y_true, y_pred), self.delta))


class SmoothL1(Loss):
    """Smooth L1 loss (Fast R-CNN's box loss, Huber divided by its delta).

    It penalizes residuals by their absolute value, and small ones by a parabola.

    With r = y_pred - y_true, the item is the mean over the last axis of

        r^2 / (2 beta)          where abs(r) <= beta
        abs(r) - beta / 2       elsewhere

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        beta: residual, >= 0 and in the units of y, at which the loss turns linear.
        class_weights: one weight per output column, or `{column: weight}` with 1 for
            the rest; None weights all equally. The mean divides by the number of
            columns.

    Edge cases: at abs(r) = beta value and gradient are continuous.
    beta = 0 is the absolute error, with gradient 0 at an exact match.

    Raises:
        ValueError: if beta is negative, if the shapes differ, or if there is not one
            weight per column.

    Example:
        >>> loss = portable_losses.SmoothL1(beta=1.0)
        >>> float(loss([[0.0, 0.0]], [[0.5, 3.0]]))
        1.3125

    Reference:
        Girshick, "Fast R-CNN", 2015, arXiv:1504.08083, eq. 3, which has beta = 1.
    """

    def __init__(
        self,
        beta: Number = 1.0,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "smooth_l1",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.beta = arguments.number(self, "beta", beta, at_least=0)
        self.class_weights = arguments.class_weights(self, class_weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        r = residual(y_true, y_pred)
        beta, moves = self.beta, not isinstance(self.beta, int | float)
        if not moves and beta == 0:
            return mean_over_columns(self, ops.abs(r))
        if moves:  # beta is a tensor, which may be 0
            beta = ops.where(self.beta == 0, 1.0, self.beta)
        items = mean_over_columns(self, huber(r, beta)) / beta
        if not moves:
            return items
        return ops.where(self.beta == 0, mean_over_columns(self, ops.abs(r)), items)
