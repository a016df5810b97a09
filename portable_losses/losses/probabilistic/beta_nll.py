"""The Gaussian likelihood, weighted by the predicted variance."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.moving import is_zero
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.probabilistic._shared import divided_by_exp, split_groups


class BetaNLL(Loss):
    """Beta-NLL (beta-weighted Gaussian negative log-likelihood).

    It penalizes wrong means and variances by the Gaussian negative log-likelihood, with
    more weight where the predicted variance is large, so that the mean is learned there
    as well.

    With m the predicted mean, s the predicted logarithm of the variance, clipped to at
    least `min_log_variance`, and r = m - y_true, the item is the mean over the last
    axis of

        sg(exp(s))^beta (s + r^2 exp(-s)) / 2

    where sg is stop_gradient: the factor is a constant in the gradient.

    Shapes: `y_true` is `(B, ..., d)`, `y_pred` is `(B, ..., 2 d)`: d means, then d
    log-variances; items are `(B, ...)`. With d = 1 `y_true` may be `(B, ...)`. A mask
    and weights per element have y_true's shape.

    Args:
        beta: exponent >= 0 of the variance, usually between 0 and 1. 0 is GaussianNLL;
            with 1 the mean has the gradient of half the squared error.
        min_log_variance: lower bound of s, a logarithm of squared units of y. -20 is a
            standard deviation of 4.5e-5.

    Edge cases: below the bound the gradient in s is 0. Above s = 88 / beta the weight
    overflows. The value is not a likelihood: it may decrease while the fit gets worse.
    Compare models by GaussianNLL.

    Raises:
        ValueError: if beta is negative, if min_log_variance is not finite, or if
            y_pred's last axis is not twice y_true's.

    Example:
        >>> loss = portable_losses.BetaNLL(beta=1.0)
        >>> round(float(loss([[1.0]], [[3.0, 0.5]])), 4)  # (0.5 exp(0.5) + 4) / 2
        2.4122

    Reference:
        Seitzer, Tavakoli, Antic and Martius, "On the pitfalls of heteroscedastic
        uncertainty estimation with probabilistic neural networks", ICLR 2022,
        arXiv:2203.09168.

    Differs: from the paper, which has the constant log(2 pi) / 2. It is omitted here,
    as in the authors' code.
    """

    targets = "any"
    _groups = 2

    def __init__(
        self,
        *,
        beta: Number = 0.5,
        min_log_variance: Number = -20.0,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.beta = arguments.number(self, "beta", beta, at_least=0)
        self.min_log_variance = arguments.number(
            self, "min_log_variance", min_log_variance
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        names = ("mean", "log_variance")
        t, m, s = split_groups(self, y_true, y_pred, names)
        s = ops.clip(s, self.min_log_variance, None)
        terms = 0.5 * (s + ops.square(divided_by_exp(m - t, 0.5 * s)))
        if not is_zero(self.beta):
            terms = terms * ops.exp(self.beta * ops.stop_gradient(s))
        return self.mean_over_columns(terms)
