"""The asymmetric loss for several labels per sample."""

from typing import Any, Unpack

import keras

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.moving import is_zero
from portable_losses.core.signature import Number
from portable_losses.losses.classification._shared import (
    ClassArguments,
    log_of_clipped,
)
from portable_losses.losses.classification._sigmoid import (
    SigmoidLoss,
)
from portable_losses.ops.classes import times
from portable_losses.ops.focusing import focus, focused


class AsymmetricMultiLabel(SigmoidLoss):
    """Asymmetric loss of several labels per sample (ASL, multi-label asymmetric loss).

    It penalizes wrong binary predictions, as binary cross-entropy does, with separate
    focusing for present and absent labels. Absent labels, the majority, get stronger
    focusing, and cost nothing if their probability is below `clip`.

    With p the probability (the sigmoid of a logit), t the target and
    p_m = max(p - clip, 0), the item is the mean over the last axis of

        -w (t (1 - p)^gamma_pos log p + (1 - t) p_m^gamma_neg log(1 - p_m))

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        gamma_neg: exponent >= 0 of the labels that are absent.
        gamma_pos: exponent >= 0 of the labels that are present.
        clip: in [0, 1); the probability below which an absent label costs nothing.
            With 0, and both exponents 0, this is binary cross-entropy.
        from_logits: whether y_pred holds logits, any real number, or probabilities in
            [0, 1]. Logits are exact up to 1e4 and beyond.
        class_weights: one weight w per label, or `{label: weight}` with 1 for the rest.
            The mean divides by the number of labels.
        ignore_class: elements of y_true with this value, such as -1 for "not
            annotated", are masked; the mean is over the other elements, and over the
            items that have any.

    Edge cases: with clip > 0 an absent label costs at most
    -(1 - clip)^gamma_neg log(clip), 2.44 by default, and its gradient vanishes as p
    tends to 1: such a label is treated as an annotation error. The weights
    (1 - p)^gamma_pos and p_m^gamma_neg are differentiated; where they are 0 their
    gradient is 0. Probabilities are clipped, and logits may be infinite, as in
    BinaryCrossentropy.

    Raises:
        ValueError: for a negative exponent, a clip outside [0, 1), weights of the wrong
            length, or shapes that differ; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.AsymmetricMultiLabel(from_logits=True)
        >>> float(loss([[1, 0]], [[-200.0, -3.0]]))  # 200 and 0
        100.0

    Reference:
        Ridnik, Ben-Baruch, Zamir, Noy, Friedman, Protter, Zelnik-Manor, "Asymmetric
        Loss For Multi-Label Classification", ICCV 2021, arXiv:2009.14119, equation 7.

    Differs: from the authors' code, which sums over the labels instead of taking the
    mean; which mixes probabilities and exponents for soft targets, where this loss
    weighs both costs as in the equation; and which clips the probability to 1e-8, where
    this loss computes exact logarithms from logits.
    """

    def __init__(
        self,
        *,
        gamma_neg: Number = 4.0,
        gamma_pos: Number = 1.0,
        clip: Number = 0.05,
        **common: Unpack[ClassArguments],
    ) -> None:
        super().__init__(**common)
        self.gamma_neg = arguments.number(self, "gamma_neg", gamma_neg, at_least=0)
        self.gamma_pos = arguments.number(self, "gamma_pos", gamma_pos, at_least=0)
        self.clip = arguments.number(self, "clip", clip, at_least=0, below=1)

    def costs(self, t: Any, x: Any, hard: bool, careful: bool) -> Any:
        if self.from_logits:
            p, q = ops.sigmoid(x), ops.sigmoid(-x)
            present, absent = ops.softplus(-x), self._absent(x, p)
        else:
            p, q = x, 1.0 - x
            present = -log_of_clipped(p)
            absent = -log_of_clipped(1.0 - self._shifted(p))
        of_present = focus(q, self.gamma_pos)
        of_absent = focus(self._shifted(p), self.gamma_neg)
        if not careful:
            return t * (of_present * present) + (1.0 - t) * (of_absent * absent)
        present, absent = focused(of_present, present), focused(of_absent, absent)
        return times(t, present) + times(1.0 - t, absent)

    def _shifted(self, p: Any) -> Any:
        """p_m = max(p - clip, 0)."""
        return p if is_zero(self.clip) else ops.relu(p - self.clip)

    def _absent(self, x: Any, p: Any) -> Any:
        """-log(1 - p_m) of a logit."""
        if is_zero(self.clip):
            return ops.softplus(x)
        shifted = self._shifted(p)
        large = shifted > 0.5
        # log(1 - p_m) == log(q + clip), which is exact where q = 1 - p is tiny
        log_clip = keras.ops.log(ops.convert_to_tensor(self.clip, dtype=x.dtype))
        far = ops.logaddexp(ops.log_sigmoid(-x), log_clip)
        return -ops.where(large, far, ops.log1p(-ops.where(large, 0.0, shifted)))
