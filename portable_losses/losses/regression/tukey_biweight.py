"""Tukey's biweight loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.regression._shared import residual


class TukeyBiweight(Loss):
    """Tukey's biweight loss (bisquare loss).

    It penalizes small residuals by about half of their square; residuals beyond the
    scale count as outliers, which have gradient 0.

    With r = y_pred - y_true, the item is the mean over the last axis of

        scale^2 / 6 (1 - (1 - (r / scale)^2)^3)    where abs(r) <= scale
        scale^2 / 6                                elsewhere

    and the gradient r (1 - (r / scale)^2)^2 inside, 0 outside.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        scale: residual, > 0 and in the units of y, from which on a residual is an
            outlier. With the default, for residuals of standard deviation 1, the
            estimate is 95 % as efficient as least squares.

    Edge cases: an exact match costs 0 with gradient 0. At abs(r) = scale value and
    gradient are continuous. A sample whose residuals are all outliers has gradient 0:
    start training with a large scale, or with another loss.

    Raises:
        ValueError: if scale is not > 0, or if the shapes differ.

    Example:
        >>> loss = portable_losses.TukeyBiweight(scale=2.0)
        >>> round(float(loss([[0.0, 0.0]], [[1.0, 9.0]])), 4)  # 4 / 6 (37 / 64 + 1) / 2
        0.526

    Reference:
        Beaton and Tukey, "The fitting of power series, meaning polynomials, illustrated
        on band-spectroscopic data", Technometrics 16, 1974.
    """

    def __init__(
        self, *, scale: Number = 4.685, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.scale = arguments.number(self, "scale", scale, above=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        # At the ends of [-1, 1] the gradient is 0, as it is outside.
        u = ops.clip(residual(y_true, y_pred) / self.scale, -1.0, 1.0)
        s = ops.square(u)
        m = 1.0 - s
        # s (3 - 3 s + s^2) == 1 - m^3: the first is accurate near 0, the second, with
        # its gradient, near 1
        terms = ops.where(s < 0.5, s * (3.0 - s * (3.0 - s)), 1.0 - m * m * m)
        return self.mean_over_columns(terms) * (self.scale * self.scale / 6.0)
