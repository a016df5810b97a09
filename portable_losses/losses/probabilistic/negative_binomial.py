"""Negative binomial distributions."""

import math
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.losses.probabilistic._deviance import deviance
from portable_losses.losses.probabilistic._factorials import (
    log_factorial_excess,
    stirling_rest,
)
from portable_losses.losses.probabilistic._shared import split_groups

LEAST_LOG_COUNT, MOST_LOG_COUNT = -40.0, 40.0
"""Bounds of log n: below, n adds nothing to y + n; above, the limit is Poisson."""


class NegativeBinomialNLL(Loss):
    """Negative binomial negative log-likelihood (overdispersed counts, gamma-Poisson).

    It penalizes a wrong mean and variance by the negative log-likelihood of counts
    whose variance is larger than their mean.

    With y the count, m the predicted mean and n the predicted total count, whose
    variance is m + m^2 / n, the item is the mean over the last axis of

        logGamma(n) + logGamma(y + 1) - logGamma(y + n)
          + n log((n + m) / n) + y log((n + m) / m)

    Shapes: `y_true` is `(B, ..., d)`, counts >= 0, `y_pred` is `(B, ..., 2 d)`: d
    values log m, then d values log n; items are `(B, ...)`. With d = 1 `y_true` may be
    `(B, ...)`. A mask and weights of elements have y_true's shape.

    Args:
        reduction: see `Loss`, also for name and dtype.

    Edge cases: in float32 the error of the value is at most 1e-5 for counts and total
    counts of 0 to 1e6, also near the mean, where the terms above cancel. For large n
    the distribution tends to Poisson: for log n above 40 its gradient is 0. For log m
    and log n down to -1e4, and for log m up to 1e4, value and gradient are finite. A
    negative count gives NaN; a count that is not whole is accepted.

    Raises:
        ValueError: if y_pred's last axis is not twice y_true's.

    Example:
        >>> loss = portable_losses.NegativeBinomialNLL()
        >>> round(float(loss([[1.0]], [[0.0, 0.0]])), 4)  # probability 1 / 4
        1.3863

    Reference:
        Hilbe, "Negative binomial regression", 2nd edition, 2011, the NB2 model. The
        evaluation: Loader, "Fast and accurate computation of binomial probabilities",
        2000.

    Differs: from torch's distribution, whose parameters are the total count and the
    logits log(m / n).
    """

    targets = "any"
    _groups = 2

    def __init__(self, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        names = ("log_mean", "log_total_count")
        return self.mean_over_columns(
            _negative_log_likelihood(*split_groups(self, y_true, y_pred, names))
        )


def _negative_log_likelihood(y: Any, log_m: Any, log_n: Any) -> Any:
    """The cost of a count y.

    With N = n + y and G(z) = log z! - z log z + z, whose terms do not cancel, it is

        log(N / n) - G(N) + G(n) + G(y) + deviance(y, q N) + deviance(n, p N)

    where p = n / (n + m) and q = m / (n + m).
    """
    negative = y < 0
    # A padded target may be negative: the value is NaN, but the gradient is not.
    y = ops.where(negative, 0.0, y)
    log_n = ops.clip(log_n, None, MOST_LOG_COUNT)
    n = ops.exp(ops.clip(log_n, LEAST_LOG_COUNT, None))
    items = _factorials(y, n, log_n) + _deviances(y, n, log_m, log_n)
    return ops.where(negative, float("nan"), items)


def _factorials(y: Any, n: Any, log_n: Any) -> Any:
    """log(N / n) - G(N) + G(n) + G(y); 0 for y = 0."""
    some, many = y > 0, n >= 1.0
    large = ops.where(many, n, 1.0)
    # G(z) == log(2 pi z) / 2 + rest(z), so the logarithms of N and n are joined
    of_many = 0.5 * ops.log1p(y / large)
    of_many = of_many - stirling_rest(large + y) + stirling_rest(large)
    small = ops.where(many, 1.0, n)
    total = small + ops.where(some, y, 1.0)
    of_few = ops.log(total) - log_n
    of_few = of_few - log_factorial_excess(total) + log_factorial_excess(small)
    ratio = ops.where(many, of_many, of_few)
    return ops.where(some, ratio + log_factorial_excess(y), 0.0)


def _deviances(y: Any, n: Any, log_m: Any, log_n: Any) -> Any:
    p, q = ops.sigmoid(log_n - log_m), ops.sigmoid(log_m - log_n)
    total, log_y = n + y, ops.log(y)
    # y - q N == p (y - m) == p y - q n; the last form is used for m > 2 y, where m may
    # overflow
    above = log_m > log_y + math.log(2.0)
    gap = p * (y - ops.exp(ops.where(above, 0.0, log_m)))
    gap = ops.where(above, p * y - q * n, gap)
    of_y = log_y - ops.log(total) + ops.softplus(log_n - log_m)
    of_n = ops.softplus(log_m - log_n) - ops.log1p(y / n)
    return deviance(y, q * total, gap, of_y) + deviance(n, p * total, -gap, of_n)
