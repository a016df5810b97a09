"""The focal loss of heat maps of object centers."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.axes import expand
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.classification._shared import log_of_clipped
from portable_losses.ops.classes import carefully, times
from portable_losses.ops.focusing import focus, focused


class PenaltyReducedFocal(Loss):
    """Penalty-reduced focal loss (CornerNet's and CenterNet's heat-map loss).

    It penalizes wrong heat maps of object centers. In the target, each center is a peak
    of 1 with smaller values around it; the nearer a target is to 1, the less a high
    prediction costs there.

    With p the probability (the sigmoid of a logit), t the target and N the number of
    targets that are 1, the item is the sum over the sample, divided by max(1, N), of

        -(1 - p)^alpha log p                   where t = 1
        -(1 - t)^beta p^alpha log(1 - p)       elsewhere

    Shapes: `y_true` and `y_pred` are `(B, *space, C)`, a map for each class of objects,
    or of any other shape `(B, ...)`; items are `(B,)`, one per image.

    Args:
        alpha: exponent >= 0 of the probability of the wrong label.
        beta: exponent >= 0 of 1 - t, which reduces the penalty near a peak.
        from_logits: whether y_pred holds logits, any real number, or probabilities in
            [0, 1]. Logits are exact up to 1e4 and beyond.

    Edge cases: only a target of exactly 1 is a peak. The sum of a sample without a peak
    is divided by 1. Masked positions cost nothing and do not count as peaks. The
    weights (1 - p)^alpha and p^alpha are differentiated; where they are 0 their
    gradient is 0. Probabilities
    are clipped, and logits may be infinite, as in BinaryCrossentropy.

    Raises:
        ValueError: for a negative exponent, or shapes that differ; and, see `Loss`, for
            logits in place of probabilities.

    Example:
        >>> loss = portable_losses.PenaltyReducedFocal(from_logits=True)
        >>> t = [[[[1.0], [0.5]]]]
        >>> round(float(loss(t, [[[[0.0], [0.0]]]])), 4)  # (1 + 1 / 2^4) log(2) / 4
        0.1841

    Reference:
        Law, Deng, "CornerNet: Detecting Objects as Paired Keypoints", ECCV 2018,
        arXiv:1808.01244, equation 1; Zhou, Wang, Krähenbühl, "Objects as Points", 2019,
        arXiv:1904.07850, equation 1.

    Differs: from the authors' code, which divides the sum over the batch by the number
    of peaks in the batch. Here the sum of each sample is divided by its number of
    peaks.
    """

    prediction_domain = "probabilities"
    target_domain = "probabilities"

    def __init__(
        self,
        *,
        alpha: Number = 2.0,
        beta: Number = 4.0,
        from_logits: bool = False,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.alpha = arguments.number(self, "alpha", alpha, at_least=0)
        self.beta = arguments.number(self, "beta", beta, at_least=0)
        arguments.store(self, from_logits=from_logits)

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        t, x, axes = y_true, y_pred, tuple(range(1, len(y_pred.shape)))
        peak = t == 1.0
        reduced = focus(ops.where(peak, 1.0, 1.0 - t), self.beta)
        if kept is not None:
            kept = expand(kept, len(t.shape))
            peak = ops.logical_and(peak, kept)
            reduced = ops.where(kept, reduced, 0.0)
        peaks = ops.sum(ops.cast(peak, x.dtype), axis=axes)

        def items_of(careful: bool) -> Any:
            weight, cost = self._focal(peak, x)
            terms = focused(weight, cost) if careful else weight * cost
            terms = times(reduced, terms) if careful else reduced * terms
            return ops.sum(terms, axis=axes) / ops.where(peaks > 1.0, peaks, 1.0)

        return carefully(x, items_of) if self.from_logits else items_of(False)

    def _focal(self, peak: Any, x: Any) -> tuple[Any, Any]:
        """The focusing weight and the cross-entropy of each position."""
        if self.from_logits:
            s = ops.where(peak, -x, x)  # the logit of the wrong label
            return focus(ops.sigmoid(s), self.alpha), ops.softplus(s)
        right = ops.where(peak, x, 1.0 - x)
        return focus(1.0 - right, self.alpha), -log_of_clipped(right)
