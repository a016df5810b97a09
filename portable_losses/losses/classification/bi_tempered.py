"""The bi-tempered logistic loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.classes import times
from portable_losses.core.loss import Loss
from portable_losses.core.moving import is_zero
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.classification._labels import dense_labels, marked
from portable_losses.ops.log_sums import INF, gaps, infinite_if_none

LEAST = 1e-20  # in place of 0: log1p(LEAST x) / LEAST is x for every logit


class BiTempered(Loss):
    """Bi-tempered logistic loss (Bi-Tempered loss for noisy labels).

    Cross-entropy with a logarithm that is bounded, so that a wrong label far from the
    decision boundary costs little, and with a softmax of heavy tails, so that one close
    to it does not move the boundary much.

    With v = 1 - t1, u = t2 - 1 and t the smoothed label, the item is

        sum_c t_c (log_t1 t_c - log_t1 p_c) - (t_c^(1 + v) - p_c^(1 + v)) / (1 + v)

        log_t1 z = (z^v - 1) / v                 log z for v = 0
        p_c = (1 - u (x_c - n))^(-1 / u)         exp(x_c - n) for u = 0

    where n makes the sum of p be 1. It is found by `iterations` steps: from a = x -
    max x on, a becomes (x - max x) Z^-u, with Z = sum_c (1 - u a_c)^(-1 / u), and at
    the end n = max x + (Z^u - 1) / u.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C), or one-hot
    or soft labels `(B, ..., C)`; `y_pred` is `(B, ..., C)`, logits; items are
    `(B, ...)`.

    Args:
        t1: temperature in [0, 1] of the logarithm: an item costs at most 1 / (1 - t1).
        t2: temperature >= 1 of the softmax: the larger, the heavier its tail.
        label_smoothing: in [0, 1]; t = (1 - label_smoothing C / (C - 1)) y +
            label_smoothing / (C - 1), so that the label keeps 1 - label_smoothing.
        iterations: how many steps are taken, at least 1. They are differentiated as
            they are; with few of them, and a t2 of 2 or more, the sum of p is not 1.
        from_logits: True; there is no form for probabilities.

    Edge cases: t1 = t2 = 1 is cross-entropy, less the entropy of the label, which is 0
    for a hard one. Logits of 1e4 are exact. For t2 > 1 a label whose logit lies lower
    by d has a gradient of about (u d)^(-1 - v / u), and for t2 = 1 of exp(-v d). A
    logit of inf means p = 1, shared evenly if an item has several, and one of -inf
    p = 0; neither has a gradient. An item whose logits are all -inf has p = 0 for every
    class. Where p = 0, the label costs 1 / (1 - t1), or inf for t1 = 1.

    Raises:
        ValueError: for temperatures or a label_smoothing out of range, iterations
            below 1, from_logits=False, indices that are not whole or out of range (in
            compiled code the item is NaN), or shapes that do not fit.

    Example:
        >>> loss = portable_losses.BiTempered(t1=0.5, t2=1.5)
        >>> round(float(loss([0], [[0.0, 1e9]])), 4)  # 1 / (1 - t1)
        2.0

    Reference:
        Amid, Warmuth, Anil, Koren, "Robust Bi-Tempered Logistic Loss Based on Bregman
        Divergences", NeurIPS 2019, arXiv 1906.03361.

    Differs: from the authors' code, which differentiates the exact normalization: the
    gradient here is that of the value. At t2 = 1.74 and 5 iterations they differ by
    8e-4.
    """

    targets = "classes"
    prediction_domain = "logits"
    target_domain = "probabilities"
    _class_axis = True

    def __init__(
        self,
        *,
        t1: Number = 0.8,
        t2: Number = 1.2,
        label_smoothing: Number = 0.0,
        iterations: int = 5,
        from_logits: bool = True,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.t1 = arguments.number(self, "t1", t1, at_least=0, at_most=1)
        self.t2 = arguments.number(self, "t2", t2, at_least=1)
        arguments.store(self, label_smoothing=label_smoothing)
        self.iterations = arguments.integer(self, "iterations", iterations, at_least=1)
        self.from_logits = arguments.logits_alone(self, from_logits)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t = self._smoothed(dense_labels(y_true, y_pred), y_pred.shape[-1])
        log_t, log_p = ops.log(ops.where(t > 0, t, 1.0)), self._log_p(y_pred)
        v = 1.0 - self.t1
        gain = times(t, self._tempered(log_t, v) - self._tempered(log_p, v))
        # Of z^(1 + v) - 1 at both, where p is near 1; of z^(1 + v) where it is near 0.
        power = 1.0 + v
        near_1 = ops.expm1(power * log_t) - ops.expm1(power * log_p)
        near_0 = ops.where(t > 0, ops.exp(power * log_t), 0.0)
        near_0 = near_0 - ops.exp(power * log_p)
        difference = ops.where(t > 0.5, near_1, near_0)
        return marked(ops.sum(gain - difference / power, axis=-1), y_true, y_pred)

    def _smoothed(self, t: Any, classes: int) -> Any:
        if is_zero(self.label_smoothing) or classes == 1:
            return t
        share = self.label_smoothing / (classes - 1)
        return (1.0 - share * classes) * t + share

    def _tempered(self, log_z: Any, v: Any) -> Any:
        """log_t1 z, of log z."""
        if is_zero(v):
            return log_z
        if isinstance(v, float | int):
            return ops.expm1(v * log_z) / v
        safe = ops.maximum(v, LEAST)
        return ops.where(v > 0, ops.expm1(safe * log_z) / safe, log_z)

    def _log_p(self, x: Any) -> Any:
        """The logarithm of the tempered softmax; -inf where p is 0."""
        u = self.t2 - 1.0
        u = max(u, LEAST) if isinstance(u, float | int) else ops.maximum(u, LEAST)
        largest = ops.max(x, axis=-1, keepdims=True)
        start = gaps(x, largest)
        # Infinitely far classes have p = 0; a finite number stands in for them, since
        # inf times the gradient 0 is NaN.
        far = start == -INF
        start = ops.where(far, -1.0, start)

        def log_exp(a: Any) -> Any:
            return ops.where(far, -INF, -ops.log1p(-u * a) / u)

        def log_total(a: Any) -> Any:
            # The largest exponential is 1, so that no other overflows.
            return ops.log(ops.sum(ops.exp(log_exp(a)), axis=-1, keepdims=True))

        a = start
        for _ in range(self.iterations):
            a = start * ops.exp(-u * log_total(a))
        n = ops.expm1(u * log_total(a)) / u
        return log_exp(start - n) - infinite_if_none(largest)
