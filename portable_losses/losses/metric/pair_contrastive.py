"""Contrastive loss of given pairs."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number


class PairContrastive(Loss):
    """Contrastive loss of given pairs (siamese networks).

    It penalizes the distance of a pair that belongs together, and a distance below a
    margin of a pair that does not.

    With y the target and d >= 0 the predicted distance, the item is the mean over the
    last axis of

        y d^2 + (1 - y) max(margin - d, 0)^2

    Shapes: `y_true` and `y_pred` are `(B,)`, `(B, 1)` or `(B, ..., K)`, 1 for a pair
    that belongs together and 0 for one that does not, and its distance; items are
    `(B, ...)`.

    Args:
        margin: >= 0, the distance from which on a pair that does not belong together
            costs nothing.

    Edge cases: a distance of 0 costs 0 or margin^2; at the margin the gradient is 0. A
    target between 0 and 1 weighs both terms. A model that makes distances of two
    embeddings should do so by `portable_losses.ops.distance`, whose gradient is 0 where
    they coincide; that of a root of a sum of squares is NaN there.

    Raises:
        ValueError: for a negative margin, and shapes that differ.

    Example:
        >>> loss = portable_losses.PairContrastive()
        >>> round(float(loss([1, 0, 0], [0.5, 0.4, 2.0])), 4)  # (0.25 + 0.36) / 3
        0.2033

    Reference:
        Hadsell, Chopra, LeCun, "Dimensionality reduction by learning an invariant
        mapping", CVPR 2006, equation 4.

    Differs: from the paper in having no factor 1/2, and in y = 1, not 0, for a pair
    that belongs together, as TensorFlow Addons had it.
    """

    target_domain = "probabilities"

    def __init__(
        self, *, margin: Number = 1.0, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.margin = arguments.number(self, "margin", margin, at_least=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        apart = ops.square(ops.relu(self.margin - y_pred))
        terms = y_true * ops.square(y_pred) + (1.0 - y_true) * apart
        return self.mean_over_columns(terms)
