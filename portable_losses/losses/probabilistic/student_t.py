"""Student's t distributions."""

import math
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.losses.probabilistic._shared import split_groups
from portable_losses.losses.probabilistic._student import (
    log1p_of_square,
    log_gamma_half_step,
)

MOST_LOG_DF = 50.0
"""A larger log(n - 2) counts as this: the density is normal up to 1e8 scales."""


class StudentTNLL(Loss):
    """Student-t negative log-likelihood (robust heteroscedastic regression).

    It penalizes wrong parameters by the negative log-likelihood of the targets under
    the predicted Student t distribution, with its location, scale and degrees of
    freedom. The cost of an outlier grows with the logarithm of its distance.

    With m the predicted mean, s the logarithm of the scale, n = 2 + exp(c) the degrees
    of freedom and z = (m - y_true) exp(-s), the item is the mean over the last axis of

        s + log(n) / 2 + logGamma(n / 2) - logGamma((n + 1) / 2)
          + (n + 1) / 2 log(1 + z^2 / n) [+ log(pi) / 2 with full]

    Shapes: `y_true` is `(B, ..., d)`, `y_pred` is `(B, ..., 3 d)`: d means, d
    log-scales, then d values c = log(n - 2); items are `(B, ...)`. With d = 1 `y_true`
    may be `(B, ...)`. A mask and weights of elements have y_true's shape.

    Args:
        full: whether to add the constant log(pi) / 2.

    Edge cases: n is above 2, where the variance, exp(2 s) n / (n - 2), is finite. In
    float32 the error of the value is at most 1e-6 from n = 2 to 1e6 and beyond; for
    large n it is the value of the Gaussian. A c above 50 counts as 50, with gradient 0.
    Parameters of -1e4 to 1e4 and residuals of 1e4 have finite values and gradients.

    Raises:
        ValueError: if y_pred's last axis is not three times y_true's.
        TypeError: if full is not a bool.

    Example:
        >>> loss = portable_losses.StudentTNLL()
        >>> round(float(loss([[0.0]], [[1.0, 0.0, 0.0]])), 4)  # 3 degrees of freedom
        1.5763

    Reference:
        Student, "The probable error of a mean", Biometrika 6, 1908. For regression:
        Lange, Little and Taylor, "Robust statistical modeling using the t
        distribution", Journal of the American Statistical Association 84, 1989.
    """

    targets = "any"
    _groups = 3

    def __init__(self, *, full: bool = True, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)
        self.full = arguments.flag(self, "full", full)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        names = ("mean", "log_scale", "log(df - 2)")
        t, m, s, c = split_groups(self, y_true, y_pred, names)
        n = 2.0 + ops.exp(ops.clip(c, None, MOST_LOG_DF))
        # log(n) / 2 == log(2) / 2 + log(n / 2) / 2; the half step contains the last
        # term
        terms = s - log_gamma_half_step(0.5 * n)
        terms = terms + 0.5 * (n + 1.0) * log1p_of_square(m - t, s, n)
        constant = 2.0 * math.pi if self.full else 2.0
        return self.mean_over_columns(terms + 0.5 * math.log(constant))
