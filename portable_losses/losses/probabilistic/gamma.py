"""Gamma distributions."""

from typing import Any, Unpack

from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.losses.probabilistic._shared import divided_by_exp


class GammaNLL(Loss):
    """Gamma negative log-likelihood (gamma regression with a log link, half deviance).

    It penalizes a wrong mean by the negative log-likelihood of positive amounts, such
    as durations or costs, whose standard deviation is proportional to their mean. So
    errors count relative to the mean.

    With y the amount and log m = y_pred the predicted logarithm of the mean, the item
    is the mean over the last axis of

        log m + y / m

    For any shape parameter k of the distribution the negative log-likelihood is k times
    that, plus a constant. It is smallest, and not 0, at m = y.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`. A mask and
    weights per element have their shape.

    Args:
        reduction: see `Loss`, also for name and dtype.

    Edge cases: y = 0 costs log m, which has no lower bound. Any other y costs inf, by
    overflow in float32, if log m is below about -88.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> loss = portable_losses.GammaNLL()
        >>> float(loss([[2.0]], [[0.0]]))
        2.0

    Reference:
        McCullagh and Nelder, "Generalized linear models", 2nd edition, 1989, chapter 8.
    """

    target_domain = "rates"

    def __init__(self, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.mean_over_columns(y_pred + divided_by_exp(y_true, y_pred))
