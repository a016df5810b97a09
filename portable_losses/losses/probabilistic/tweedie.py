"""Tweedie distributions between Poisson and gamma."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.probabilistic._shared import divided_by_exp


class Tweedie(Loss):
    """Tweedie loss (half the Tweedie deviance, compound Poisson-gamma regression).

    It penalizes a wrong mean by the negative quasi-log-likelihood of amounts >= 0 with
    many exact zeros, such as insurance claims or rainfall, whose variance is
    proportional to a power of the mean.

    With y the amount, m the predicted mean, exp(y_pred) or y_pred, and p the power, the
    item is the mean over the last axis of

        m^(2 - p) / (2 - p) - y m^(1 - p) / (1 - p)

    This is half the deviance without the terms that do not depend on m. It is smallest,
    and not 0, at m = y. Divided by the dispersion it is the negative log-likelihood, up
    to a constant.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`. A mask and
    weights per element have their shape.

    Args:
        power: p in (1, 2); the limit 1 is Poisson, the limit 2 is gamma.
        log_mean: whether y_pred is log m, any real number, or m > 0.

    Edge cases: y = 0 costs m^(2 - p) / (2 - p). m = 0 is replaced by the smallest
    normal number, 1.2e-38, with gradient 0; a negative m raises ValueError or gives
    NaN, see `Loss`. The item overflows to inf if log m is above 88 / (2 - p), or for
    y > 0 if it is below -88 / (p - 1).

    Raises:
        ValueError: for a power outside (1, 2), or shapes that differ; and, see `Loss`,
            for means below 0.
        TypeError: if log_mean is not a bool.

    Example:
        >>> loss = portable_losses.Tweedie(power=1.5)
        >>> float(loss([[1.0, 0.0]], [[0.0, 0.0]]))  # (4 + 2) / 2
        3.0

    Reference:
        Jorgensen, "Exponential dispersion models", Journal of the Royal Statistical
        Society B 49, 1987.
    """

    prediction_domain = "rates"
    target_domain = "rates"

    def __init__(
        self,
        *,
        power: Number = 1.5,
        log_mean: bool = True,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.power = arguments.number(self, "power", power, above=1, below=2)
        self.log_mean = arguments.flag(self, "log_mean", log_mean)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        log_m = y_pred if self.log_mean else ops.log(y_pred)
        below, above = 2.0 - self.power, self.power - 1.0
        terms = ops.exp(below * log_m) / below
        terms = terms + divided_by_exp(y_true, above * log_m) / above
        return self.mean_over_columns(terms)
