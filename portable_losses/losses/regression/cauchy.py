"""The Cauchy loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.regression._shared import FAR, residual
from portable_losses.ops.classes import carefully


class Cauchy(Loss):
    """Cauchy loss (Lorentzian loss).

    It penalizes residuals by a logarithm: the gradient of a large residual decreases
    like 2 / abs(r).

    With r = y_pred - y_true, the item is the mean over the last axis of

        log(1 + (r / scale)^2 / 2)

    which is GeneralRobust at alpha = 0.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        scale: residual, > 0 and in the units of y, below which the loss is about
            (r / scale)^2 / 2. The gradient is largest at 1.4 scales.

    Edge cases: an exact match costs 0 with gradient 0. The value is accurate near 0,
    where a residual of 1e-4 costs 5e-9, and for large residuals: one of 1e20 scales
    costs 91.4.

    Raises:
        ValueError: if scale is not > 0, or if the shapes differ.

    Example:
        >>> loss = portable_losses.Cauchy()
        >>> round(float(loss([[0.0, 0.0]], [[0.0, 2.0]])), 4)  # log(3) / 2
        0.5493

    Reference:
        Black and Anandan, "The robust estimation of multiple motions: parametric and
        piecewise-smooth flow fields", Computer Vision and Image Understanding 63, 1996;
        with this scale: Barron, "A general and adaptive robust loss function", CVPR
            2019,
        arXiv:1701.03077, equation 8.
    """

    def __init__(self, *, scale: Number = 1.0, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)
        self.scale = arguments.number(self, "scale", scale, above=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        u = residual(y_true, y_pred) / self.scale

        def items_of(careful: bool) -> Any:
            c = ops.clip(u, -FAR, FAR) if careful else u
            terms = ops.log1p(0.5 * ops.square(c))
            if careful:
                # log(1 + u^2 / 2) == log(1 + c^2 / 2) + 2 log(abs(u / c)) beyond FAR
                terms = terms + 2.0 * ops.log1p(ops.relu(ops.abs(u) / FAR - 1.0))
            return self.mean_over_columns(terms)

        return carefully(u, items_of)
