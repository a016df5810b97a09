"""The logarithm of the hyperbolic cosine."""

from typing import Any

from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import ClassWeights, DType, Reduction
from portable_losses.losses.regression._shared import mean_over_columns, residual
from portable_losses.ops.classes import carefully
from portable_losses.ops.residuals import log_cosh


class LogCosh(Loss):
    """Log-cosh loss (logarithm of the hyperbolic cosine).

    It penalizes residuals, by about r^2 / 2 for small ones and abs(r) - log 2 for large
    ones.

    With r = y_pred - y_true, the item is

        mean_j w_j log(cosh(r_j))

    and the gradient tanh(r).

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        class_weights: one weight per output column, or `{column: weight}` with 1 for
            the rest; None weights all equally. The mean divides by the number of
            columns.

    Edge cases: the value is accurate near 0, where a residual of 1e-4 costs 5e-9, and
    for large residuals: one of 1e30 costs 1e30.

    Raises:
        ValueError: if the shapes differ, or if there is not one weight per column.

    Example:
        >>> loss = portable_losses.LogCosh()
        >>> round(float(loss([[0.0, 0.0]], [[0.0, 1.0]])), 4)
        0.2169

    Differs: from Keras near 0, where its r + softplus(-2 r) - log 2 cancels: in float32
    a residual of 1e-4 costs 0 or 6e-8 there; and for shapes that Keras broadcasts,
    which raise ValueError here.
    """

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.class_weights = arguments.class_weights(type(self).__name__, class_weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        r = residual(y_true, y_pred)

        def items_of(careful: bool) -> Any:
            return mean_over_columns(self, log_cosh(r, careful))

        return carefully(r, items_of)
