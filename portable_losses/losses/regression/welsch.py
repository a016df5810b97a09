"""The Welsch loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.regression._shared import FAR, residual
from portable_losses.ops.exponentials import expm1_with_tail


class Welsch(Loss):
    """Welsch loss (Leclerc loss, correntropy loss).

    It penalizes small residuals by their square, and costs at most 1: the gradient of
    an outlier is 0.

    With r = y_pred - y_true, the item is the mean over the last axis of

        1 - exp(-(r / scale)^2 / 2)

    which is GeneralRobust at alpha = -inf.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        scale: residual, > 0 and in the units of y, below which the loss is about
            (r / scale)^2 / 2. The gradient is largest at one scale.

    Edge cases: an exact match costs 0 with gradient 0. The value is accurate near 0,
    where a residual of 1e-4 scales costs 5e-9. In float32 a residual of 15 scales or
    more costs 1 with gradient 0, so that the loss cannot correct it: start training
    with a large scale.

    Raises:
        ValueError: if scale is not > 0, or if the shapes differ.

    Example:
        >>> loss = portable_losses.Welsch()
        >>> round(float(loss([[0.0, 0.0]], [[0.0, 2.0]])), 4)  # (1 - exp(-2)) / 2
        0.4323

    Reference:
        Dennis and Welsch, "Techniques for nonlinear least squares and robust
        regression", Communications in Statistics 7, 1978; with this scale: Barron, "A
        general and adaptive robust loss function", CVPR 2019, arXiv:1701.03077,
        equation 8.
    """

    def __init__(self, *, scale: Number = 1.0, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)
        self.scale = arguments.number(self, "scale", scale, above=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        # Beyond FAR the loss is 1 with gradient 0, and a square could overflow.
        u = ops.clip(residual(y_true, y_pred) / self.scale, -FAR, FAR)
        return self.mean_over_columns(-expm1_with_tail(-0.5 * ops.square(u)))
