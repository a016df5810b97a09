"""Expectile loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.regression._shared import residual


class Expectile(Loss):
    """Expectile loss (asymmetric least squares).

    It penalizes residuals by their square, with one weight for each sign. It is
    smallest where y_pred is an expectile of y_true. Expectiles generalize the mean as
    quantiles generalize the median.

    With r = y_pred - y_true and q the expectile, the item is the mean over the last
    axis of

        q r^2            where y_pred is too low
        (1 - q) r^2      where it is too high

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        expectile: a number in (0, 1). 0.5 is half the squared error.

    Edge cases: an exact match costs 0 with gradient 0, and the gradient is continuous
    there. A residual of more than 1.8e19 has an infinite square in float32.

    Raises:
        ValueError: if the expectile is outside (0, 1), or if the shapes differ.

    Example:
        >>> loss = portable_losses.Expectile(expectile=0.9)
        >>> round(float(loss([[0.0, 0.0]], [[-1.0, 2.0]])), 4)  # (0.9 + 0.4) / 2
        0.65

    Reference:
        Newey and Powell, "Asymmetric least squares estimation and testing",
        Econometrica 55, 1987.
    """

    def __init__(
        self, *, expectile: Number = 0.5, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.expectile = arguments.number(
            self, "expectile", expectile, above=0, below=1
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        r, q = residual(y_true, y_pred), self.expectile
        return self.mean_over_columns(ops.square(r) * ops.where(r > 0, 1.0 - q, q))
