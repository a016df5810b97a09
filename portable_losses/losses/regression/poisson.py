"""The Poisson loss."""

from typing import Any

import keras

from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import ClassWeights, DType, Reduction
from portable_losses.losses.regression._shared import mean_over_columns
from portable_losses.ops.classes import like


class Poisson(Loss):
    """Poisson loss (negative log-likelihood of counts).

    It penalizes a wrong rate by the negative log-likelihood of the count, up to a
    constant.

    With y the count and p > 0 the predicted rate, the item is

        mean_j w_j (p_j - y_j log(p_j + epsilon))

    where epsilon is Keras's (1e-7). It is smallest, and not 0, at p = y.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        class_weights: one weight per output column, or `{column: weight}` with 1 for
            the rest; None weights all equally. The mean divides by the number of
            columns.

    Edge cases: a rate of 0 for a count of 1 costs 16.118. A negative rate is outside of
    the domain: it raises ValueError or gives NaN, see `Loss`. End the model with a
    softplus or an exponential.

    Raises:
        ValueError: if the shapes differ, or if there is not one weight per column; and,
            see `Loss`, for rates below 0.

    Example:
        >>> loss = portable_losses.Poisson()
        >>> round(float(loss([[2.0, 0.0]], [[1.0, 3.0]])), 4)
        2.0

    Differs: from Keras for shapes that Keras broadcasts, which raise ValueError here.
    """

    prediction_domain = "rates"
    target_domain = "rates"

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.class_weights = arguments.class_weights(type(self).__name__, class_weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        # The logarithm of Keras, which is fast: for rates >= 0 its argument is not 0.
        log_p = keras.ops.log(y_pred + keras.config.epsilon())
        return mean_over_columns(self, y_pred - like(y_true, y_pred) * log_p)
