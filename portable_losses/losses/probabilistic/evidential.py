"""Deep evidential regression."""

import math
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.probabilistic._shared import split_groups
from portable_losses.losses.probabilistic._student import (
    log1p_of_square,
    log_gamma_half_step,
)

LOW = -15.0
"""Below it softplus(x) is exp(x) (1 - exp(x) / 2) to 1e-13."""


class EvidentialRegression(Loss):
    """Evidential regression loss (DER, normal-inverse-gamma regression).

    It penalizes a wrong prediction by the negative log-likelihood of targets whose mean
    and variance are uncertain, plus a penalty on evidence for a wrong mean. So one
    network predicts a mean with its aleatoric and its epistemic uncertainty.

    y_pred holds four groups of columns, any real numbers: gamma, nu, alpha and beta.
    With n = softplus(nu), a = 1 + softplus(alpha), b = softplus(beta),
    r = y_true - gamma and W = 2 b (1 + n), the item is the mean over the last axis of

        log(pi / n) / 2 - a log(W) + (a + 1/2) log(n r^2 + W)
          + logGamma(a) - logGamma(a + 1/2)
          + coefficient abs(r) (2 n + a)

    where the first two lines are the likelihood of Student's t distribution with 2 a
    degrees of freedom.

    Shapes: `y_true` is `(B, ..., d)`, `y_pred` is `(B, ..., 4 d)`: d columns each of
    gamma, nu, alpha and beta; items are `(B, ...)`. With d = 1 `y_true` may be
    `(B, ...)`. A mask and weights of elements have y_true's shape.

    Args:
        coefficient: weight >= 0 of the penalty.

    Edge cases: the prediction is gamma, its aleatoric variance b / (a - 1), its
    epistemic variance b / (n (a - 1)). Raw values of -1e4 to 1e4 give finite values and
    gradients: the logarithms of n and b are computed from the raw values. An exact
    match has gradient 0 in gamma.

    Raises:
        ValueError: if coefficient is negative, or if y_pred's last axis is not four
            times y_true's.

    Example:
        >>> loss = portable_losses.EvidentialRegression()
        >>> round(float(loss([[0.0]], [[1.0, 0.0, 0.0, 0.0]])), 4)
        4.6387

    Reference:
        Amini, Schwarting, Soleimany and Rus, "Deep evidential regression", NeurIPS
        2020, arXiv:1910.02600, equations 8 to 10.

    Differs: from implementations whose layer applies softplus: here y_pred is the
    output of a `Dense` without activation.
    """

    targets = "any"
    _groups = 4

    def __init__(
        self, *, coefficient: Number = 1.0, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.coefficient = arguments.number(
            self, "coefficient", coefficient, at_least=0
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        names = ("gamma", "nu", "alpha", "beta")
        t, gamma, nu, alpha, beta = split_groups(self, y_true, y_pred, names)
        r = t - gamma
        a = 1.0 + ops.softplus(alpha)
        # The likelihood depends on W and n by W / n only:
        # (a + 1/2) log(1 + r^2 / (W / n)) + log(W / n) / 2
        # log(W / n) == log(2) + log(b) + log(1 + 1 / n); log(b) and log(1 + 1 / n) are
        # added first, because at raw values of -1e4 they cancel.
        spread = _log_softplus(beta) + ops.softplus(-_log_softplus(nu)) + math.log(2.0)
        terms = 0.5 * (spread - ops.log(a) + math.log(math.pi))
        terms = terms - log_gamma_half_step(a)
        terms = terms + (a + 0.5) * log1p_of_square(r, 0.5 * spread)
        penalty = ops.abs(r) * (2.0 * ops.softplus(nu) + a)
        return self.mean_over_columns(terms + self.coefficient * penalty)


def _log_softplus(x: Any) -> Any:
    """log(log(1 + exp(x))), which is about x far below 0."""
    low = x < LOW
    tail = ops.where(low, x, LOW)
    # log(log(1 + e)) == log(e) - e / 2 + ...
    below = x - 0.5 * ops.exp(tail)
    return ops.where(low, below, ops.log(ops.softplus(ops.where(low, 0.0, x))))
