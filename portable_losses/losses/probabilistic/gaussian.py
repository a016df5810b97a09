"""Normal distributions."""

import math
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.columns import mean_over_columns
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.probabilistic._shared import split_groups


class GaussianNLL(Loss):
    """Gaussian negative log-likelihood (heteroscedastic regression loss).

    It penalizes a wrong mean and variance by the negative log-likelihood of the targets
    under the predicted normal distribution.

    With m the predicted mean, s the predicted logarithm of the variance, clipped to at
    least `min_log_variance`, and r = m - y_true, the item is the mean over the last
    axis of

        (s + r^2 exp(-s)) / 2 [+ log(2 pi) / 2 with full]

    Shapes: `y_true` is `(B, ..., d)`, `y_pred` is `(B, ..., 2 d)`: d means, then d
    log-variances; items are `(B, ...)`. With d = 1 `y_true` may be `(B, ...)`. A mask
    and weights per element have y_true's shape.

    Args:
        full: whether to add the constant log(2 pi) / 2.
        min_log_variance: lower bound of s, a logarithm of squared units of y. -20 is a
            standard deviation of 4.5e-5.

    Edge cases: for s below the bound, the gradient in s is 0, and that in m is r
    exp(-bound).

    Raises:
        ValueError: if min_log_variance is not finite, or if y_pred's last axis is not
            twice y_true's.
        TypeError: if full is not a bool.

    Example:
        >>> loss = portable_losses.GaussianNLL()
        >>> float(loss([[1.0]], [[3.0, 0.0]]))
        2.0

    Reference:
        Nix and Weigend, "Estimating the mean and variance of the target probability
        distribution", IEEE International Conference on Neural Networks, 1994.

    Differs: from the loss of PyTorch, which takes the variance and not its logarithm,
    and whose gradient passes through the lower bound.
    """

    targets = "any"
    _groups = 2

    def __init__(
        self,
        *,
        full: bool = False,
        min_log_variance: Number = -20.0,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.full = arguments.flag(self, "full", full)
        self.min_log_variance = arguments.number(
            self, "min_log_variance", min_log_variance
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        names = ("mean", "log_variance")
        t, m, s = split_groups(self, y_true, y_pred, names)
        s = ops.clip(s, self.min_log_variance, None)
        terms = s + ops.square(m - t) * ops.exp(-s)
        if self.full:
            terms = terms + math.log(2.0 * math.pi)
        return 0.5 * mean_over_columns(self, terms)
