"""The Geman-McClure loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.regression._shared import FAR, residual


class GemanMcClure(Loss):
    """Geman-McClure loss.

    It penalizes small residuals by their square, and costs at most 2: the gradient of
    an outlier is almost 0.

    With r = y_pred - y_true and s = (r / scale)^2, the item is the mean over the last
    axis of

        2 s / (s + 4)

    which is GeneralRobust at alpha = -2.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        scale: residual, > 0 and in the units of y, below which the loss is about s / 2.
            The gradient is largest at 1.15 scales, and about 16 / u^3 at a large u
            scales.

    Edge cases: an exact match costs 0 with gradient 0. Value and gradient are accurate
    near 0 and for large residuals: one of 1e4 scales costs 2 with gradient 1.6e-11.

    Raises:
        ValueError: if scale is not > 0, or if the shapes differ.

    Example:
        >>> loss = portable_losses.GemanMcClure()
        >>> float(loss([[0.0, 0.0]], [[0.0, 2.0]]))  # (0 + 8 / 8) / 2
        0.5

    Reference:
        Geman and McClure, "Bayesian image analysis: an application to single photon
        emission tomography", Proceedings of the American Statistical Association,
        Statistical Computing Section, 1985; with this scale: Barron, "A general and
        adaptive robust loss function", CVPR 2019, arXiv:1701.03077, equation 8.
    """

    def __init__(self, *, scale: Number = 1.0, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)
        self.scale = arguments.number(self, "scale", scale, above=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        # Beyond FAR the loss is 2 with gradient 0, and a square could overflow.
        u = ops.clip(residual(y_true, y_pred) / self.scale, -FAR, FAR)
        s = ops.square(u)
        rest = 8.0 / (s + 4.0)
        # s / 4 rest == 2 - rest: the first is accurate near 0, the second, with its
        # gradient, for large residuals
        terms = ops.where(s < 4.0, 0.25 * s * rest, 2.0 - rest)
        return self.mean_over_columns(terms)
