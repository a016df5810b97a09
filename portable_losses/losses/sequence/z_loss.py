"""The z-loss: a penalty that keeps logits near 0."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number


class ZLoss(Loss):
    """z-loss (logit regularization, a penalty on the softmax normalizer).

    It penalizes a log-sum-exp of the logits that is far from 0. The logits of a large
    softmax, such as that of a language model, may drift, since cross-entropy does not
    change if a constant is added to all of them; far from 0 they are inaccurate in half
    precision. So this loss is added to cross-entropy. With the logits z of an item, it
    is

        weight (log sum_c exp(z_c))^2

    `LinearCrossentropy` has it as the argument `z_loss`.

    Shapes: `y_pred` is `(B, ..., C)`, logits, any real numbers; `y_true` is ignored and
    may be None; items are `(B, ...)`, one per softmax.

    Args:
        weight: >= 0, the factor of the penalty.

    Edge cases: it is 0 for log-probabilities, with gradient 0. Logits of -inf have no
    influence. It is accurate for logits of 1e4 and -1e4; its gradient grows with them.

    Raises:
        ValueError: for a weight that is not >= 0.

    Example:
        >>> loss = portable_losses.ZLoss(weight=1.0)
        >>> round(float(loss(None, [[0.0, 0.0]])), 4)  # log(2)^2
        0.4805

    Reference:
        Chowdhery et al., "PaLM: Scaling language modeling with pathways", 2022,
        arXiv:2204.02311, section 5. The Z-loss of de Brébisson and Vincent, 2016, is a
        different loss.
    """

    targets = "any"

    def __init__(
        self, *, weight: Number = 1e-4, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.weight = arguments.number(self, "weight", weight, at_least=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.weight * ops.square(ops.logsumexp(y_pred, axis=-1))
