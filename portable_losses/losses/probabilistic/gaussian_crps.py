"""The continuous ranked probability score of a normal distribution."""

import math
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.losses.probabilistic._shared import split_groups

FAR = 40.0
"""The density is 0 beyond this many standard deviations, in float64 too."""


class GaussianCRPS(Loss):
    """Gaussian CRPS (continuous ranked probability score of a normal distribution).

    It penalizes the integrated squared difference between the predicted cumulative
    distribution function and the step function at the target. It has the units of the
    target, tends to the absolute error for small scales, and is less sensitive to
    outliers than the likelihood.

    With m the predicted mean, s the logarithm of the standard deviation, r = m -
    y_true, z = r exp(-s), and Phi and phi the standard normal distribution function and
    density, the item is the mean over the last axis of

        exp(s) (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi))

    Shapes: `y_true` is `(B, ..., d)`, `y_pred` is `(B, ..., 2 d)`: d means, then d
    log-scales; items are `(B, ...)`. With d = 1 `y_true` may be `(B, ...)`. A mask and
    weights per element have y_true's shape.

    Args:
        reduction: see `Loss`, also for name and dtype.

    Edge cases: an exact match costs 0.2337 exp(s) and has gradient 0 in m. For large
    residuals the item is abs(r) - 0.5642 exp(s), without cancellation; the gradient in
    m is at most 1. With a log-scale of -1e4 it is the absolute error. A log-scale above
    88 overflows.

    Raises:
        ValueError: if y_pred's last axis is not twice y_true's.

    Example:
        >>> loss = portable_losses.GaussianCRPS()
        >>> round(float(loss([[0.0]], [[1.0, 0.0]])), 4)
        0.6024

    Reference:
        Gneiting, Raftery, Westveld and Goldman, "Calibrated probabilistic forecasting
        using ensemble model output statistics and minimum CRPS estimation", Monthly
        Weather Review 133, 2005, equation 5.
    """

    targets = "any"
    _groups = 2

    def __init__(self, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        names = ("mean", "log_scale")
        t, m, log_scale = split_groups(self, y_true, y_pred, names)
        r, scale = m - t, ops.exp(log_scale)
        far = ops.abs(r) >= FAR * scale
        near_r = ops.where(far, 0.0, r)
        z = near_r * ops.exp(-ops.where(far, 0.0, log_scale))
        # 2 Phi(z) - 1 == erf(z / sqrt(2)), and 2 phi(z) == sqrt(2 / pi) exp(-z^2 / 2)
        density = math.sqrt(2.0 / math.pi) * ops.exp(-0.5 * ops.square(z))
        spread = 1.0 / math.sqrt(math.pi)
        # The scale is multiplied once: if it is inf, a difference of two products would
        # be NaN.
        near = near_r * ops.erf(math.sqrt(0.5) * z) + scale * (density - spread)
        return self.mean_over_columns(ops.where(far, ops.abs(r) - spread * scale, near))
