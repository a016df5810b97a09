"""Cross-entropy of logits that are adjusted to the frequency of their classes."""

from collections.abc import Sequence
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.classification._labels import (
    LogitLoss,
    counts_for,
    counts_of,
    crossentropy,
)
from portable_losses.losses.classification._shared import ClassArguments


class LogitAdjusted(LogitLoss):
    """Logit-adjusted cross-entropy (balanced softmax, for long-tailed classes).

    It is cross-entropy of logits to which the logarithm of each class's frequency is
    added. So the model need not learn that some classes are rare: its logits, used
    without this adjustment, predict as if all classes were equally frequent.

    With x the logits, n_c the number of samples of class c, p the softmax of
    x_c + tau log n_c and y the class, the item is

        -w_y log p_y

    and for a one-hot or soft label t it is -sum_c w_c t_c log p_c.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C), or one-hot
    or soft labels `(B, ..., C)`; `y_pred` is `(B, ..., C)`, logits; items are
    `(B, ...)`.

    Args:
        class_counts: one number > 0 per class, how often it occurs in the training
            data. Only their ratios count, so frequencies do as well.
        tau: >= 0, how far logits are adjusted; 1 is balanced softmax, and 0 is
            cross-entropy.
        from_logits: must be True: the loss takes logits only.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. They multiply the class's term; the mean divides by the item count.
        ignore_class: items of this class, or whose labels have it as argmax, are
            excluded from the mean; it may lie outside [0, C).

    Edge cases: equal counts give cross-entropy. Logits are exact up to 1e4 and beyond,
    and may be infinite, as in CategoricalCrossentropy.

    Raises:
        ValueError: for counts that are not > 0 or of another number than the classes, a
            negative tau, from_logits=False, indices that are not whole or out of range
            (in compiled code the item is NaN), weights of the wrong length, or shapes
            that do not fit.

    Example:
        >>> loss = portable_losses.LogitAdjusted([900, 100])
        >>> round(float(loss([1], [[0.0, 0.0]])), 4)  # -log 0.1
        2.3026

    Reference:
        Menon, Jayasumana, Rawat, Jain, Veit, Kumar, "Long-tail learning via logit
        adjustment", ICLR 2021, arXiv 2007.07314, equation 10.
    """

    prediction_domain = "logits"
    target_domain = "probabilities"

    def __init__(
        self,
        class_counts: Sequence[float],
        *,
        tau: Number = 1.0,
        **common: Unpack[ClassArguments],
    ) -> None:
        super().__init__(**common)
        self.class_counts = counts_of(self, class_counts)
        self.tau = arguments.number(self, "tau", tau, at_least=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        counts = counts_for(self, y_pred)
        # Divided by the largest count, not by the sum. p is the same, and equal counts
        # then add exactly 0.
        adjustment = self.tau * ops.log(counts / ops.max(counts))
        # So is it for logits relative to the largest. A sum with one of 1e4 would have
        # no digits of the adjustment.
        largest = ops.stop_gradient(ops.max(y_pred, axis=-1, keepdims=True))
        largest = ops.where(ops.isfinite(largest), largest, 0.0)
        return crossentropy(self, y_true, y_pred - largest + adjustment)
