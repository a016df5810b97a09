"""Barron's general robust loss."""

import math
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.moving import is_number
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.regression._shared import residual
from portable_losses.ops.exponentials import expm1_with_tail

# For |alpha| beyond these bounds the loss is that of the limit, in float64 too.
LARGEST, LEAST = 1e17, 1e-17


class GeneralRobust(Loss):
    """General robust loss (Barron's adaptive loss), a family of robust losses.

    It penalizes residuals, and `alpha` sets how much large residuals count. With
    r = y_pred - y_true, s = (r / scale)^2 and b = abs(alpha - 2), the item is the mean
    over the last axis of

        (b / alpha) ((1 + s / b)^(alpha / 2) - 1)

    For three values of alpha it is defined by the limit,

        s / 2               at alpha = 2, half the squared error
        log(1 + s / 2)      at alpha = 0, Cauchy
        1 - exp(-s / 2)     at alpha = -inf, Welsch

    Other members are sqrt(1 + s) - 1 at alpha = 1 (pseudo-Huber, Charbonnier) and
    2 s / (s + 4) at alpha = -2 (Geman-McClure).

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        alpha: shape parameter < inf; -inf is allowed. The lower it is, the less an
            outlier counts. Above 2 it counts more than in the squared error; at 1 the
            gradient of large residuals is constant, and below 1 it decreases to 0. A
            Hyperparameter must be finite, and may pass through 0 and 2.
        scale: residual, > 0 and in the units of y, below which the loss is about s / 2.

    Edge cases: in float32 the value has a relative error of at most 1e-6 for alpha near
    0 and 2, and for residuals of 1e-4 to 1e4 scales. An exact match costs 0 with
    gradient 0. For alpha < 0 no residual costs more than 1 + 2 / abs(alpha). For
    alpha = -inf a residual of 15 scales has gradient 0 in float32. A residual of 1e19
    scales or more overflows in float32.

    Raises:
        ValueError: if alpha is inf or NaN, if scale is not > 0, or if the shapes
            differ.

    Example:
        >>> loss = portable_losses.GeneralRobust(alpha=1.0)
        >>> round(float(loss([[0.0, 0.0]], [[0.0, 2.0]])), 4)  # (sqrt(5) - 1) / 2
        0.618

    Reference:
        Barron, "A general and adaptive robust loss function", CVPR 2019,
        arXiv:1701.03077, equation 8.

    Differs: from the author's code, which replaces alpha = 0 and 2 by numbers close to
    them, and which has a NaN gradient at alpha = -inf.
    """

    def __init__(
        self,
        *,
        alpha: Number = 1.0,
        scale: Number = 1.0,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.alpha = arguments.number(
            self, "alpha", alpha, infinite=True, below=math.inf
        )
        self.scale = arguments.number(self, "scale", scale, above=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        s = ops.square(residual(y_true, y_pred) / self.scale)
        alpha = ops.convert_to_tensor(self.alpha, dtype=s.dtype)
        if is_number(self.alpha):
            form = _up_to_1 if self.alpha <= 1 else _above_1
            return self.mean_over_columns(form(s, alpha))
        low = alpha <= 1
        # Each formula gets an alpha in the range where it is valid, so that neither has
        # a NaN gradient.
        below = _up_to_1(s, ops.where(low, alpha, 1.0))
        above = _above_1(s, ops.where(low, 2.0, alpha))
        return self.mean_over_columns(ops.where(low, below, above))


def _up_to_1(s: Any, alpha: Any) -> Any:
    """The loss without cancellation near alpha = 0 and for large negative alpha."""
    alpha = ops.where(ops.abs(alpha) < LEAST, LEAST, ops.maximum(alpha, -LARGEST))
    b = 2.0 - alpha
    return (b / alpha) * expm1_with_tail(0.5 * alpha * ops.log1p(s / b))


def _above_1(s: Any, alpha: Any) -> Any:
    """The loss without cancellation near alpha = 2."""
    b = ops.maximum(ops.abs(alpha - 2.0), LEAST)
    # With e = (1 + s / b)^(alpha / 2 - 1):
    # s e + b (e - 1) == b ((1 + s / b) e - 1), whose e is 1 at alpha = 2
    log_e = 0.5 * (alpha - 2.0) * ops.log1p(s / b)
    return (s * ops.exp(log_e) + b * ops.expm1(log_e)) / alpha
