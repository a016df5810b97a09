"""Circle loss."""

from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import DType, Number, Reduction
from portable_losses.losses.metric._shared import (
    embeddings,
    inner_products,
    pairs_by_label,
)

# The logarithm of the smallest normal number. Some backends round smaller numbers to 0,
# and others do not, so a smaller item counts as 0 on every backend.
NOTHING = {"float32": -87.0, "float64": -708.0}
ROUNDING = 1e-6


class Circle(Loss):
    """Circle loss.

    It penalizes embeddings of the same class that are far apart, and embeddings of
    different classes that are close.

    With d = 1 - x_i x_j >= 0 the cosine distance of embeddings of length 1, m the
    margin, P(i) the samples of the class of anchor i and N(i) those of other classes,
    the item is

        log(1 + sum_{j in P(i)} exp(gamma (m + d) (d - m))
                sum_{j in N(i)} exp(gamma max(1 + m - d, 0) (1 - m - d)))

    Shapes: `y_true` is `(B,)` or `(B, 1)`, integer labels; `y_pred` is `(B, D)`,
    embeddings of length 1 (end the model in `keras.layers.UnitNormalization`); items
    are `(B,)`, one per anchor.

    Args:
        gamma: scale > 0 of the similarities.
        margin: m, the tolerance with which distances are compared with 0 and 1.
        remove_diagonal: whether the pair of a sample with itself is no positive pair.

    Edge cases: the mean is over the active anchors, that is, those whose item is above
    0 (in float32, above 1e-38). Anchors without a positive or without a negative are
    excluded; without an active anchor the loss is 0. A sample that is masked or of
    weight 0 is removed from the batch, as anchor, positive and negative. Labels are
    exact integers of any size. At d = 0 the gradient is that of d > 0. At d = 1 + m,
    and beyond it, the weight of a negative is 0, and so is its gradient.

    Raises:
        ValueError: for a gamma that is not > 0, labels that are not whole or not one
            per sample, and embeddings that are not `(B, D)`.

    Example:
        >>> loss = portable_losses.Circle(gamma=1.0)
        >>> x = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]
        >>> round(float(loss([0, 0, 1], x)), 4)
        0.789

    Reference:
        Sun et al., "Circle loss: A unified perspective of pair similarity
        optimization", CVPR 2020, arXiv:2002.10857, equation 6.

    Differs: from Keras, which rounds labels (2^24 + 1 to 2^24); here they are exact.
    From the paper, as Keras does: the weights m + d and 1 + m - d are differentiated,
    and the mean is over active anchors only.
    """

    targets = "ids"

    def __init__(
        self,
        gamma: Number = 80.0,
        margin: Number = 0.4,
        remove_diagonal: bool = True,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: DType = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.gamma = arguments.number(self, "gamma", gamma, above=0)
        self.margin = arguments.number(self, "margin", margin)
        self.remove_diagonal = arguments.flag(self, "remove_diagonal", remove_diagonal)

    def class_count(self, y_pred: Any) -> None:
        return None  # labels may be any integers

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        x = embeddings(self, y_pred, normalize=False)
        if x.shape[0] == 0:
            return ops.sum(x, axis=1)  # without samples there is no maximum
        diagonal = not self.remove_diagonal
        positive, negative = pairs_by_label(y_true, kept, diagonal)
        d, m = _from_zero(1.0 - inner_products(x)), self.margin
        p = self.gamma * ops.relu(m + d) * (d - m)
        n = self.gamma * ops.relu(1.0 + m - d) * (1.0 - m - d)
        log_p = ops.logsumexp(ops.where(positive, p, -float("inf")), axis=1)
        log_n = ops.logsumexp(ops.where(negative, n, -float("inf")), axis=1)
        total = log_p + log_n
        nothing = NOTHING[keras.backend.standardize_dtype(total.dtype)]
        # A NaN is active. `not total < nothing` would be True for it, too, but
        # TensorFlow rewrites that to `total >= nothing`.
        active = ops.logical_or(total >= nothing, ops.isnan(total))
        return ops.softplus(ops.where(active, total, 0.0)), active


def _from_zero(d: Any) -> Any:
    """max(d, 0), with the gradient of d > 0 where d is 0 up to rounding."""
    below = ops.stop_gradient(ops.minimum(d, 0.0))
    return ops.where(d < -ROUNDING, 0.0, d - below)
