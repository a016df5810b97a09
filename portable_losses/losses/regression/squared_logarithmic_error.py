"""Squared error of logarithms."""

from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import ClassWeights, DType, Reduction
from portable_losses.losses.regression._shared import mean_over_columns
from portable_losses.ops.classes import like
from portable_losses.ops.residuals import log1p_of_positive


class MeanSquaredLogarithmicError(Loss):
    """Mean squared logarithmic error (MSLE).

    It penalizes differences of log(1 + y) by their square, for targets >= 0.

    With y the target and p the prediction, the item is

        mean_j w_j (log(1 + max(p_j, epsilon)) - log(1 + max(y_j, epsilon)))^2

    where epsilon is Keras's (1e-7).

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        class_weights: one weight per output column, or `{column: weight}` with 1 for
            the rest; None weights all equally. The mean divides by the number of
            columns.

    Edge cases: a prediction below 1e-7, also a negative one, is replaced by 1e-7 and
    has gradient 0; end the model with a softplus or an exponential.

    Raises:
        ValueError: if the shapes differ, or if there is not one weight per column.

    Example:
        >>> loss = portable_losses.MeanSquaredLogarithmicError()
        >>> round(float(loss([[1.0]], [[3.0]])), 4)
        0.4805

    Differs: from Keras, which rounds 1 + x before the logarithm (here log(1 + x) is
    accurate near 0); and for shapes that Keras broadcasts, which raise ValueError here.
    """

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.class_weights = arguments.class_weights(type(self).__name__, class_weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        r = _log_size(y_pred) - _log_size(like(y_true, y_pred))
        return mean_over_columns(self, ops.square(r))


def _log_size(x: Any) -> Any:
    return log1p_of_positive(ops.clip(x, keras.config.epsilon(), None))
