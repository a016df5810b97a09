"""Losses for landmarks: wing for coordinates, adaptive wing for heat maps."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.regression._shared import residual


class Wing(Loss):
    """Wing loss (for coordinates of landmarks).

    It penalizes large residuals by their absolute value, and small ones by a logarithm,
    with which they count more than in the absolute error.

    With r = y_pred - y_true, the item is the mean over the last axis of

        omega log(1 + abs(r) / epsilon)    where abs(r) < omega
        abs(r) - C                         elsewhere
        C = omega - omega log(1 + omega / epsilon)

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        omega: residual, > 0 and in the units of y, at which the loss turns linear.
        epsilon: residual, > 0 and in the units of y: the smaller it is, the more small
            residuals count. The gradient near an exact match is omega / epsilon.

    Edge cases: an exact match costs 0 with gradient 0. At abs(r) = omega the value is
    continuous, and the gradient jumps from omega / (omega + epsilon) to 1.

    Raises:
        ValueError: if omega or epsilon is not > 0, or if the shapes differ.

    Example:
        >>> loss = portable_losses.Wing()
        >>> round(float(loss([[0.0, 0.0]], [[0.0, 2.0]])), 4)  # 10 log(2) / 2
        3.4657

    Reference:
        Feng, Kittler, Awais, Huber, Wu, "Wing loss for robust facial landmark
        localisation with convolutional neural networks", CVPR 2018, arXiv:1711.06753.

    Differs: from the paper, which sums over the coordinates. Here the item is a mean.
    """

    def __init__(
        self,
        *,
        omega: Number = 10.0,
        epsilon: Number = 2.0,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.omega = arguments.number(self, "omega", omega, above=0)
        self.epsilon = arguments.number(self, "epsilon", epsilon, above=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        size = ops.abs(residual(y_true, y_pred))
        near = ops.clip(size, None, self.omega)
        # omega log(1 + omega / epsilon) + (abs(r) - omega) == abs(r) - C
        terms = self.omega * ops.log1p(near / self.epsilon) + (size - near)
        return self.mean_over_columns(terms)


class AdaptiveWing(Loss):
    """Adaptive wing loss (for heat maps of landmarks).

    It is a wing loss whose shape depends on the target. For targets near 1, small
    residuals count more than in the squared error; for targets near 0, the background,
    they count less.

    With r = y_pred - y_true, e = alpha - y_true and y_true in [0, 1], the item is the
    mean over the last axis of

        omega log(1 + abs(r / epsilon)^e)    where abs(r) < theta
        A abs(r) - C                         elsewhere
        A = (omega e / epsilon) (theta / epsilon)^(e - 1) / (1 + (theta / epsilon)^e)
        C = theta A - omega log(1 + (theta / epsilon)^e)

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`, such as maps `(B, H, W, C)`; items
    are `(B, ...)`.

    Args:
        alpha: > 1. The paper recommends a value slightly above 2, so that the exponent
            e is above 1 at a target of 1, and the gradient tends to 0 at an exact
            match.
        omega: > 0, a factor of the loss.
        epsilon: residual, > 0: the smaller it is, the more small residuals count.
        theta: residual, > 0, at which the loss turns linear.

    Edge cases: an exact match costs 0 with gradient 0. At abs(r) = theta value and
    gradient are continuous. A target above alpha has an infinite loss at an exact
    match; `diagnose` reports targets outside of [0, 1].

    Raises:
        ValueError: if alpha is not > 1, or another argument not > 0, or if the shapes
            differ.

    Example:
        >>> loss = portable_losses.AdaptiveWing()
        >>> t, p = [[[0.0, 1.0]]], [[[0.25, 0.0]]]
        >>> round(float(loss(t, p)), 4)
        5.5006

    Reference:
        Wang, Bo, Fuxin, "Adaptive wing loss for robust face alignment via heatmap
        regression", ICCV 2019, arXiv:1904.07399, without its weighted loss map.
    """

    target_domain = "probabilities"

    def __init__(
        self,
        *,
        alpha: Number = 2.1,
        omega: Number = 14.0,
        epsilon: Number = 1.0,
        theta: Number = 0.5,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.alpha = arguments.number(self, "alpha", alpha, above=1)
        self.omega = arguments.number(self, "omega", omega, above=0)
        self.epsilon = arguments.number(self, "epsilon", epsilon, above=0)
        self.theta = arguments.number(self, "theta", theta, above=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        size = ops.abs(residual(y_true, y_pred))
        e = self.alpha - ops.cast(y_true, size.dtype)
        near = ops.clip(size, None, self.theta)
        curved = ops.log1p(ops.power(near / self.epsilon, e))
        joint = ops.convert_to_tensor(self.theta / self.epsilon, dtype=size.dtype)
        # A / omega == e / theta x / (1 + x) with x = (theta / epsilon)^e, and
        # x / (1 + x) == sigmoid(log x)
        steepness = e / self.theta * ops.sigmoid(e * ops.log(joint))
        terms = curved + steepness * (size - near)
        return self.omega * self.mean_over_columns(terms)
