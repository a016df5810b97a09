"""Absolute error."""

from typing import Any

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import ClassWeights, DType, Reduction
from portable_losses.losses.regression._shared import mean_over_columns, residual


class MeanAbsoluteError(Loss):
    """Mean absolute error (MAE, L1 loss).

    It penalizes residuals by their absolute value.

    With y the target and p the prediction, the item is

        mean_j w_j abs(p_j - y_j)

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        class_weights: one weight per output column, or `{column: weight}` with 1 for
            the rest; None weights all equally. The mean divides by the number of
            columns.

    Edge cases: the gradient of an exact match is 0.

    Raises:
        ValueError: if the shapes differ, or if there is not one weight per column.

    Example:
        >>> loss = portable_losses.MeanAbsoluteError()
        >>> float(loss([[0.0, 1.0]], [[1.0, 3.0]]))
        1.5

    Differs: from Keras on JAX, where an exact match has gradient -1; and for shapes
    that Keras broadcasts, which raise ValueError here.
    """

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.class_weights = arguments.class_weights(type(self).__name__, class_weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return mean_over_columns(self, ops.abs(residual(y_true, y_pred)))
