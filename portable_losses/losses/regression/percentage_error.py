"""Absolute error in percent of the target, or of the mean of target and prediction."""

from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import ClassWeights, DType, Reduction
from portable_losses.losses.regression._shared import mean_over_columns
from portable_losses.ops.classes import like


class MeanAbsolutePercentageError(Loss):
    """Mean absolute percentage error (MAPE).

    It penalizes residuals by their absolute value, in percent of the target.

    With y the target and p the prediction, the item is

        100 mean_j w_j abs(p_j - y_j) / max(abs(y_j), epsilon)

    where epsilon is Keras's (1e-7).

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        class_weights: one weight per output column, or `{column: weight}` with 1 for
            the rest; None weights all equally. The mean divides by the number of
            columns.

    Edge cases: a target of 0 is replaced by 1e-7 in the denominator, so that an error
    of 1 costs 1e9 there; if targets can be 0, use SymmetricMeanAbsolutePercentageError.
    The gradient of an exact match is 0.

    Raises:
        ValueError: if the shapes differ, or if there is not one weight per column.

    Example:
        >>> loss = portable_losses.MeanAbsolutePercentageError()
        >>> float(loss([[2.0, 4.0]], [[3.0, 4.0]]))
        25.0

    Differs: from Keras on JAX, where the gradient of an exact match is not 0; and for
    shapes that Keras broadcasts, which raise ValueError here.
    """

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.class_weights = arguments.class_weights(type(self).__name__, class_weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t = like(y_true, y_pred)
        # The functions of Keras, which are faster: a NaN in t also is in the residual,
        # and at t = 0 the gradient of `abs` is not used, since epsilon is larger.
        size = keras.ops.maximum(keras.ops.abs(t), keras.config.epsilon())
        return 100.0 * mean_over_columns(self, ops.abs((y_pred - t) / size))


class SymmetricMeanAbsolutePercentageError(Loss):
    """Symmetric mean absolute percentage error (sMAPE).

    It penalizes residuals by their absolute value, in percent of the mean size of
    target and prediction.

    With y the target and p the prediction, the item is

        100 mean_j w_j abs(p_j - y_j) / max((abs(y_j) + abs(p_j)) / 2, epsilon)

    where epsilon is Keras's (1e-7). It lies in [0, 200] and is symmetric in y and p.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        class_weights: one weight per output column, or `{column: weight}` with 1 for
            the rest; None weights all equally. The mean divides by the number of
            columns.

    Edge cases: a prediction of 0 for a target of 0 costs 0. A prediction of the wrong
    sign costs 200 with gradient 0, so that the loss cannot correct it: end the model
    with a softplus or an exponential, or use MeanAbsoluteError. The gradient of an
    exact match is 0.

    Raises:
        ValueError: if the shapes differ, or if there is not one weight per column.

    Example:
        >>> loss = portable_losses.SymmetricMeanAbsolutePercentageError()
        >>> float(loss([[1.0, 4.0]], [[3.0, 4.0]]))
        50.0

    Reference:
        Makridakis, "Accuracy measures: theoretical and practical concerns",
        International Journal of Forecasting 9, 1993.

    Differs: from the paper, where y and p have no absolute values in the denominator,
    which may be negative there.
    """

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "symmetric_mean_absolute_percentage_error",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.class_weights = arguments.class_weights(type(self).__name__, class_weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t = like(y_true, y_pred)
        sizes = ops.abs(t) + ops.abs(y_pred)
        # |r| / max(s / 2, epsilon) == 2 |r| / max(s, 2 epsilon)
        sizes = ops.clip(sizes, 2.0 * keras.config.epsilon(), None)
        return 200.0 * mean_over_columns(self, ops.abs(y_pred - t) / sizes)
