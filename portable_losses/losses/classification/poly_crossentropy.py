"""Poly-1 cross-entropy."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.classification._shared import (
    ClassArguments,
    LabelLoss,
    cost_of,
    of_log_probabilities,
)
from portable_losses.ops.classes import Times, like


class PolyCrossentropy(LabelLoss):
    """Poly-1 cross-entropy (PolyLoss of a softmax).

    It penalizes the probability p_y of the label by cross-entropy plus a multiple of
    1 - p_y. As a series in 1 - p_y, -log p_y has the coefficients 1, 1/2, 1/3, ...;
    `epsilon` is added to the first.

    With p the class probabilities (the softmax of logits) and y the class, the item is

        w_y (-log p_y + epsilon (1 - p_y))

    For a one-hot or soft label t it is the expectation over t,
    sum_c w_c t_c (-log p_c + epsilon (1 - p_c)).

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C), or one-hot
    or soft labels `(B, ..., C)`; `y_pred` is `(B, ..., C)`; items are `(B, ...)`.

    Args:
        epsilon: >= -1, what is added to the first coefficient; 0 is cross-entropy.
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are divided by their sum. Logits are exact up to 1e4 and beyond.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. They multiply the class's term; the mean divides by the item count.
        ignore_class: items of this class, or whose labels have it as argmax, are
            excluded from the mean; it may lie outside [0, C).

    Edge cases: probabilities are clipped to [1e-7, 1 - 1e-7] (Keras's epsilon), so a
    wrong 0 costs 16.118 + epsilon and has gradient 0. Prefer logits, which may be
    infinite, as in CategoricalCrossentropy. At epsilon = -1, an item with p_y near 1
    costs about (1 - p_y)^2 / 2.

    Raises:
        ValueError: for an epsilon below -1, where a loss would be negative, indices
            that are not whole or out of range (in compiled code the item is NaN),
            weights of the wrong length, or shapes that do not fit; and, see `Loss`, for
            logits in place of probabilities.

    Example:
        >>> loss = portable_losses.PolyCrossentropy(epsilon=2.0, from_logits=True)
        >>> round(float(loss([1], [[0.0, 0.0]])), 4)  # log 2 + 2 / 2
        1.6931

    Reference:
        Leng, Tan, Liu, Cubuk, Shi, Cheng, Anguelov, "PolyLoss: A Polynomial Expansion
        Perspective of Classification Loss Functions", 2022, arXiv 2204.12511, the
        Poly-1 formulation.
    """

    prediction_domain = "class probabilities"
    target_domain = "probabilities"

    def __init__(
        self, *, epsilon: Number = 1.0, **common: Unpack[ClassArguments]
    ) -> None:
        super().__init__(**common)
        self.epsilon = arguments.number(self, "epsilon", epsilon, at_least=-1)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if len(y_true.shape) < len(y_pred.shape):
            log_p = -cost_of(y_true, y_pred, self.from_logits)
            return self.weighted_by(y_true, self._cost(log_p), y_pred)
        t = self.weighted(like(y_true, y_pred))

        def items_of(log_p: Any, times: Times) -> Any:
            return ops.sum(times(t, self._cost(log_p)), axis=-1)

        return of_log_probabilities(y_pred, self.from_logits, items_of)

    def _cost(self, log_p: Any) -> Any:
        """-log p + epsilon (1 - p)."""
        return -log_p - self.epsilon * ops.expm1(log_p)
