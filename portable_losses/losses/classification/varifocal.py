"""Varifocal loss, for targets between 0 and 1."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.classification._binary import (
    binary_crossentropy,
    crossentropy_of_logit,
    wrong_class_logit,
)
from portable_losses.losses.classification._shared import ClassArguments
from portable_losses.losses.classification._sigmoid import (
    SigmoidLoss,
)
from portable_losses.ops.classes import times
from portable_losses.ops.focusing import focus, focused


class Varifocal(SigmoidLoss):
    """Varifocal loss (VFL) for the classification branch of a dense detector.

    It penalizes wrong quality scores by binary cross-entropy. Targets lie between 0 and
    1, such as the IoU of the predicted box with its object. The weight of a positive
    target is its value; a target of 0 has less weight if it is predicted well.

    With p the probability (the sigmoid of a logit) and t the target, the item is the
    mean over the last axis of

        -w t (t log p + (1 - t) log(1 - p))    where t > 0
        -w alpha p^gamma log(1 - p)            where t = 0

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        alpha: weight >= 0 of the targets that are 0.
        gamma: exponent >= 0 for the targets that are 0.
        from_logits: whether y_pred holds logits, any real number, the usual output of
            detectors, or probabilities in [0, 1]. Logits are exact up to 1e4 and
            beyond.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. The mean divides by the number of classes.
        ignore_class: elements of y_true with this value are masked; the mean is over
            the other elements, and over the items that have any.

    Edge cases: at p = t > 0 the cost is t times the entropy of t, not 0, and the
    gradient is 0. The weight p^gamma is differentiated; at p = 0 its gradient is 0.
    Probabilities are clipped, and logits may be infinite, as in BinaryCrossentropy.

    Raises:
        ValueError: for a negative alpha, gamma or weight, weights of the wrong length,
            or shapes that differ; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.Varifocal(from_logits=True)
        >>> round(float(loss([[0.5, 0.0]], [[0.0, 0.0]])), 6)  # 1/2 and 3/16 of log 2
        0.238269

    Reference:
        Zhang, Wang, Dayoub, Sunderhauf, "VarifocalNet: An IoU-aware Dense Object
        Detector", CVPR 2021, arXiv:2008.13367, equation 2.

    Differs: from the authors' code, which sums over the classes and divides by the
    number of positive targets. Here an item is a mean; use reduction="sum" to divide by
    another number.
    """

    def __init__(
        self,
        *,
        alpha: Number = 0.75,
        gamma: Number = 2.0,
        **common: Unpack[ClassArguments],
    ) -> None:
        super().__init__(**common)
        self.alpha = arguments.number(self, "alpha", alpha, at_least=0)
        self.gamma = arguments.number(self, "gamma", gamma, at_least=0)

    def costs(self, t: Any, x: Any, hard: bool, careful: bool) -> Any:
        if self.from_logits:
            s, _, d = wrong_class_logit(t, x, hard)
            p, cost = ops.sigmoid(x), crossentropy_of_logit(x, s, d, careful)
        else:
            p, cost = x, binary_crossentropy(t, x, False, None)
        positive = t > 0
        balance = ops.where(positive, t, self.alpha)
        weight = ops.where(positive, 1.0, focus(p, self.gamma))
        if careful:
            return times(balance, focused(weight, cost))
        return balance * (weight * cost)
