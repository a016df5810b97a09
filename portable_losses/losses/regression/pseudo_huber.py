"""Smooth forms of the absolute error: pseudo-Huber and Charbonnier."""

from typing import Any, Unpack

import keras

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.regression._shared import FAR, residual
from portable_losses.ops.classes import carefully
from portable_losses.ops.residuals import NORMAL, root_of_squares


class PseudoHuber(Loss):
    """Pseudo-Huber loss (smooth Huber loss).

    It penalizes residuals, by about r^2 / 2 for small ones and delta abs(r) for large
    ones; all of its derivatives are continuous.

    With r = y_pred - y_true, the item is the mean over the last axis of

        delta^2 (sqrt(1 + (r / delta)^2) - 1)

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        delta: residual, > 0 and in the units of y, around which the loss turns linear.

    Edge cases: an exact match costs 0 with gradient 0. The value is accurate near 0,
    where a residual of 1e-4 costs 5e-9, and for large residuals: one of 1e20 costs 1e20
    at delta = 1.

    Raises:
        ValueError: if delta is not > 0, or if the shapes differ.

    Example:
        >>> loss = portable_losses.PseudoHuber(delta=2.0)
        >>> round(float(loss([[0.0, 0.0]], [[0.0, 2.0]])), 4)  # 4 (sqrt(2) - 1) / 2
        0.8284

    Reference:
        Charbonnier, Blanc-Féraud, Aubert, Barlaud, "Deterministic edge-preserving
        regularization in computed imaging", IEEE Transactions on Image Processing 6,
        1997.
    """

    def __init__(self, *, delta: Number = 1.0, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)
        self.delta = arguments.number(self, "delta", delta, above=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        r, delta = residual(y_true, y_pred), self.delta
        usual = isinstance(delta, int | float) and 1e-15 < delta < 1e6

        def items_of(careful: bool) -> Any:
            # With s = (r / delta)^2: s / (sqrt(1 + s) + 1) == sqrt(1 + s) - 1,
            # without cancellation near 0; where s overflows it is NaN.
            if usual and not careful:
                s = ops.square(r / delta)
                terms = s / (keras.ops.sqrt(1.0 + s) + 1.0)
                return self.mean_over_columns(terms) * float(delta) ** 2
            c = ops.clip(r, -FAR * delta, FAR * delta)
            terms = c * (c / (_root(c / delta) + 1.0)) + delta * ops.abs(r - c)
            return self.mean_over_columns(terms)

        return carefully(r, items_of)


class Charbonnier(Loss):
    """Charbonnier loss (smooth L1 of image restoration, generalized absolute error).

    It penalizes residuals by their absolute value, smoothed for residuals below
    epsilon.

    With r = y_pred - y_true, the item is the mean over the last axis of

        sqrt(r^2 + epsilon^2)

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        epsilon: residual, > 0 and in the units of y, below which the gradient is small.

    Edge cases: an exact match costs epsilon, not 0, with gradient 0. A residual of 1e20
    costs 1e20. If l is this loss, PseudoHuber(delta=epsilon) is epsilon (l - epsilon).

    Raises:
        ValueError: if epsilon is not > 0, or if the shapes differ.

    Example:
        >>> loss = portable_losses.Charbonnier(epsilon=0.3)
        >>> round(float(loss([[0.0, 0.0]], [[0.0, 0.4]])), 4)  # (0.3 + 0.5) / 2
        0.4

    Reference:
        Charbonnier, Blanc-Féraud, Aubert, Barlaud, "Two deterministic half-quadratic
        regularization algorithms for computed imaging", ICIP 1994; in this form Lai,
        Huang, Ahuja, Yang, "Deep Laplacian pyramid networks for fast and accurate
        super-resolution", CVPR 2017, arXiv:1704.03915.

    Differs: from the papers of Charbonnier, whose function is 0 at an exact match.
    """

    def __init__(
        self, *, epsilon: Number = 1e-3, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.epsilon = arguments.number(self, "epsilon", epsilon, above=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        r, epsilon = residual(y_true, y_pred), self.epsilon
        # Whether a square neither overflows nor is 0: then one root is enough.
        low, high = NORMAL
        normal = isinstance(epsilon, int | float) and low < epsilon < high

        def items_of(careful: bool) -> Any:
            if normal and not careful:
                squares = ops.square(r) + float(epsilon) ** 2
                return self.mean_over_columns(keras.ops.sqrt(squares))
            if normal:
                return self.mean_over_columns(root_of_squares(r, float(epsilon)))
            c = ops.clip(r, -FAR * epsilon, FAR * epsilon)
            terms = epsilon * _root(c / epsilon) + ops.abs(r - c)
            return self.mean_over_columns(terms)

        return carefully(r, items_of)


def _root(u: Any) -> Any:
    """sqrt(1 + u^2), a root of a number that is never 0."""
    return keras.ops.sqrt(1.0 + ops.square(u))
