"""Symmetric cross-entropy: cross-entropy and its reverse, for noisy labels."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.classification._shared import (
    ClassArguments,
    LabelLoss,
    log_of_clipped,
    normalized,
)
from portable_losses.ops.classes import (
    Times,
    crossentropy_of,
    like,
    of_log_softmax,
    pick,
    times,
)
from portable_losses.ops.exponentials import expm1_with_tail


class SymmetricCrossentropy(LabelLoss):
    """Symmetric cross-entropy (SCE, symmetric learning for noisy labels).

    It penalizes predictions by cross-entropy plus reverse cross-entropy, in which
    prediction and label are exchanged: that term is bounded and tolerates wrong labels.

    With p the class probabilities (the softmax of logits), y the class and t its
    one-hot label, or a soft one, the item is

        w (-alpha sum_c t_c log p_c - beta sum_c p_c max(log t_c, log_zero))

    which for a class index is w_y (-alpha log p_y - beta log_zero (1 - p_y)).

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C), or one-hot
    or soft labels `(B, ..., C)`; `y_pred` is `(B, ..., C)`; items are `(B, ...)`.

    Args:
        alpha: weight >= 0 of cross-entropy.
        beta: weight >= 0 of the reverse cross-entropy; with alpha = 1, 0 is
            cross-entropy.
        log_zero: < 0, used as the logarithm of a label of 0.
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are divided by their sum. Logits are exact up to 1e4 and beyond.
        class_weights: one weight per class, or `{class index: weight}` with 1 for the
            rest. They multiply the items of their class; the mean divides by the item
            count. For a soft label, the term of class c of cross-entropy is weighted by
            w_c, and the reverse cross-entropy by sum_c t_c w_c.
        ignore_class: items of this class, or whose labels have it as argmax, are
            excluded from the mean; it may lie outside [0, C).

    Edge cases: in logarithms, probabilities are clipped to [1e-7, 1 - 1e-7] (Keras's
    epsilon), so a wrong 0 costs 16.118 alpha - log_zero beta, and only the reverse term
    has a nonzero gradient there. Prefer logits, which may be infinite, as in
    CategoricalCrossentropy. With alpha = 0 an item costs at most -w beta log_zero; if
    its logits contradict the label by 200, its gradient is 0 in float32.

    Raises:
        ValueError: for a negative alpha or beta, a log_zero that is not < 0, indices
            that are not whole or out of range (in compiled code the item is NaN),
            weights of the wrong length, or shapes that do not fit; and, see `Loss`, for
            logits in place of probabilities.

    Example:
        >>> loss = portable_losses.SymmetricCrossentropy(from_logits=True)
        >>> round(float(loss([1], [[0.0, 0.0]])), 4)  # 0.1 log 2 + 4 / 2
        2.0693

    Reference:
        Wang, Ma, Chen, Luo, Yi, Bailey, "Symmetric Cross Entropy for Robust Learning
        with Noisy Labels", ICCV 2019, arXiv 1908.06112, equation 7.

    Differs: from implementations in which log_zero is log 1e-4 = -9.21; the default is
    the paper's -4.
    """

    prediction_domain = "class probabilities"
    target_domain = "probabilities"

    def __init__(
        self,
        *,
        alpha: Number = 0.1,
        beta: Number = 1.0,
        log_zero: Number = -4.0,
        **common: Unpack[ClassArguments],
    ) -> None:
        super().__init__(**common)
        self.alpha = arguments.number(self, "alpha", alpha, at_least=0)
        self.beta = arguments.number(self, "beta", beta, at_least=0)
        self.log_zero = arguments.number(self, "log_zero", log_zero, below=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if len(y_true.shape) < len(y_pred.shape):
            return self._of_indices(y_true, y_pred)
        t, w = like(y_true, y_pred), self.vector_of_weights(y_pred)
        weighted, weight = (t, 1.0) if w is None else (t * w, ops.sum(t * w, axis=-1))
        log_t = self._log(t)

        def items_of(p: Any, log_p: Any, product: Times) -> Any:
            forward = -ops.sum(product(weighted, log_p), axis=-1)
            reverse = -ops.sum(p * log_t, axis=-1)
            return times(self.alpha, forward) + self.beta * weight * reverse

        if self.from_logits:
            return of_log_softmax(
                y_pred, lambda log_p, times: items_of(ops.exp(log_p), log_p, times)
            )
        p = normalized(y_pred)
        return items_of(p, log_of_clipped(p), times)

    def _of_indices(self, ids: Any, y_pred: Any) -> Any:
        if self.from_logits:
            cost = crossentropy_of(y_pred, ids)
            wrong = -expm1_with_tail(-cost)  # 1 - p_y
        else:
            p = pick(normalized(y_pred), ids)
            cost, wrong = -log_of_clipped(p), 1.0 - p
        items = times(self.alpha, cost) - self.beta * self.log_zero * wrong
        return self.weighted_by(ids, items, y_pred)

    def _log(self, t: Any) -> Any:
        """max(log t, log_zero)."""
        log_t = ops.maximum(ops.log(ops.where(t > 0, t, 1.0)), self.log_zero)
        return ops.where(t > 0, log_t, self.log_zero)
