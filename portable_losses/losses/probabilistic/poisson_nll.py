"""Poisson distributions, from the rate or its logarithm."""

import math
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.moving import is_zero
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.probabilistic._deviance import deviance


class PoissonNLL(Loss):
    """Poisson negative log-likelihood (count regression, log-linear model).

    It penalizes a wrong rate by the negative log-likelihood of counts under the Poisson
    distribution with the predicted rate.

    With y the count and m the predicted rate, exp(y_pred) or y_pred, the item is the
    mean over the last axis of

        m - y log(m + epsilon)  [+ y log(y) - y + log(2 pi y) / 2 where y > 1]

    There is no epsilon if the logarithm is predicted. The term in brackets, Stirling's
    approximation of log(y!), is added if `full`.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`. A mask and
    weights per element have their shape.

    Args:
        log_rate: whether y_pred is log m, any real number, or m >= 0.
        full: whether to add Stirling's approximation, so that the value is a negative
            log-likelihood. For counts of 0 and 1 nothing is added and the value is
            exact; for larger counts its error is about 1 / (12 y), 0.04 for y = 2.
        epsilon: >= 0, added to a predicted rate before its logarithm is taken.

    Edge cases: with `full`, the value is accurate where the rate is close to a large
    count, up to 1e6 and beyond. A predicted logarithm above 88.7 overflows: the item is
    inf. A rate of 0 for a count of 1 costs 18.42, by epsilon = 1e-8. A negative rate
    raises ValueError or gives NaN, see `Loss`.

    Raises:
        ValueError: for a negative epsilon, or shapes that differ; and, see `Loss`, for
            rates below 0.
        TypeError: if log_rate or full is not a bool.

    Example:
        >>> loss = portable_losses.PoissonNLL()
        >>> round(float(loss([[2.0, 0.0]], [[0.0, 1.0]])), 4)  # (1 - 0 + e) / 2
        1.8591

    Reference:
        Nelder and Wedderburn, "Generalized linear models", Journal of the Royal
        Statistical Society A 135, 1972.

    Differs: from `Poisson`, the drop-in replacement for Keras's loss, which takes a
    rate.
    """

    prediction_domain = "rates"
    target_domain = "rates"

    def __init__(
        self,
        *,
        log_rate: bool = True,
        full: bool = False,
        epsilon: Number = 1e-8,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.log_rate = arguments.flag(self, "log_rate", log_rate)
        self.full = arguments.flag(self, "full", full)
        self.epsilon = arguments.number(self, "epsilon", epsilon, at_least=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if self.log_rate:
            m, log_m = ops.exp(y_pred), y_pred
        else:
            m = y_pred + self.epsilon
            log_m = ops.log(m)
        terms = m - y_true * log_m
        if self.full:
            large = y_true > 1.0
            y = ops.where(large, y_true, 2.0)
            log_y = ops.log(y)
            stirling = 0.5 * (log_y + math.log(2.0 * math.pi))
            stirling = stirling + deviance(y, m, y - m, log_y - log_m)
            terms = ops.where(large, stirling, terms)
        if not self.log_rate and not is_zero(self.epsilon):
            terms = terms - self.epsilon
        return self.mean_over_columns(terms)
