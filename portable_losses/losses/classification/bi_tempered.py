"""The bi-tempered logistic loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.moving import is_zero
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.classification._labels import dense_labels, marked
from portable_losses.ops.classes import times
from portable_losses.ops.log_sums import INF, gaps, infinite_if_none

LEAST = 1e-20  # replaces 0: log1p(LEAST x) / LEAST is x for every logit


class BiTempered(Loss):
    """Bi-tempered logistic loss (Bi-Tempered loss for noisy labels).

    It is cross-entropy with a bounded logarithm, so that a wrong label far from the
    decision boundary costs little, and with a heavy-tailed softmax, so that a wrong
    label close to the boundary does not move it much.

    With v = 1 - t1, u = t2 - 1 and t the smoothed label, the item is

        sum_c t_c (log_t1 t_c - log_t1 p_c) - (t_c^(1 + v) - p_c^(1 + v)) / (1 + v)

        log_t1 z = (z^v - 1) / v                 log z for v = 0
        p_c = (1 - u (x_c - n))^(-1 / u)         exp(x_c - n) for u = 0

    where n is such that p sums to 1. It is found by `iterations` steps, which start at
    a = x - max x. Each step sets a to (x - max x) Z^-u, with
    Z = sum_c (1 - u a_c)^(-1 / u). At the end n = max x + (Z^u - 1) / u.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C), or one-hot
    or soft labels `(B, ..., C)`; `y_pred` is `(B, ..., C)`, logits; items are
    `(B, ...)`.

    Args:
        t1: temperature in [0, 1] of the logarithm: an item costs at most 1 / (1 - t1).
        t2: temperature >= 1 of the softmax: the larger, the heavier its tail.
        label_smoothing: in [0, 1]; t = (1 - label_smoothing C / (C - 1)) y +
            label_smoothing / (C - 1), so that the label keeps 1 - label_smoothing.
        iterations: the number of steps, at least 1. The gradient is that of these
            steps. With few steps and a t2 of 2 or more, the sum of p is not 1.
        from_logits: must be True: the loss takes logits only.

    Edge cases: t1 = t2 = 1 is cross-entropy minus the entropy of the label, which is 0
    for a one-hot label. Logits of 1e4 are exact. If the logit of the label is smaller
    than another one by d, the gradient is about (u d)^(-1 - v / u) for t2 > 1, and
    exp(-v d) for t2 = 1. A logit of inf means p = 1, shared evenly if an item has
    several; a logit of -inf means p = 0. Both have gradient 0. An item whose logits are
    all -inf has p = 0 for every class. Where p = 0, the label costs 1 / (1 - t1), or
    inf for t1 = 1.

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

    Differs: from the authors' code, whose gradient is that of the exact normalization.
    Here it is the gradient of the computed value. At t2 = 1.74 and 5 iterations the two
    differ by 8e-4.
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
        # The difference of the powers z^(1 + v): for labels near 1 it is computed from
        # z^(1 + v) - 1, for labels near 0 from z^(1 + v), to avoid cancellation.
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
        """log_t1 z, given log z."""
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
        # Classes with a logit of -inf have p = 0. A finite number replaces their logit,
        # since inf times a gradient of 0 is NaN.
        far = start == -INF
        start = ops.where(far, -1.0, start)

        def log_exp(a: Any) -> Any:
            return ops.where(far, -INF, -ops.log1p(-u * a) / u)

        def log_total(a: Any) -> Any:
            # The largest exponential is 1, so none overflows.
            return ops.log(ops.sum(ops.exp(log_exp(a)), axis=-1, keepdims=True))

        a = start
        for _ in range(self.iterations):
            a = start * ops.exp(-u * log_total(a))
        n = ops.expm1(u * log_total(a)) / u
        return log_exp(start - n) - infinite_if_none(largest)
