"""Contrastive loss of given pairs."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number


class PairContrastive(Loss):
    """Contrastive loss of given pairs (siamese networks).

    It penalizes the distance of pairs that belong together, and distances below a
    margin of pairs that do not.

    With y the target and d >= 0 the predicted distance, the item is the mean over the
    last axis of

        y d^2 + (1 - y) max(margin - d, 0)^2

    Shapes: `y_true` and `y_pred` are `(B,)`, `(B, 1)` or `(B, ..., K)`. y_true is 1 for
    a pair that belongs together and 0 for one that does not; y_pred is its distance.
    Items are `(B, ...)`.

    Args:
        margin: >= 0; pairs that do not belong together cost nothing at this distance or
            farther.

    Edge cases: a distance of 0 costs 0 or margin^2; at the margin the gradient is 0. A
    target between 0 and 1 weights both terms. In the model, compute the distance of two
    embeddings by `portable_losses.ops.distance`, whose gradient is 0 where they are
    equal; the gradient of the root of a sum of squares is NaN there.

    Raises:
        ValueError: for a negative margin, and shapes that differ.

    Example:
        >>> loss = portable_losses.PairContrastive()
        >>> round(float(loss([1, 0, 0], [0.5, 0.4, 2.0])), 4)  # (0.25 + 0.36) / 3
        0.2033

    Reference:
        Hadsell, Chopra, LeCun, "Dimensionality reduction by learning an invariant
        mapping", CVPR 2006, equation 4.

    Differs: from the paper, which has a factor 1/2, and y = 0 for a pair that belongs
    together. Here it is y = 1, as in TensorFlow Addons.
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
