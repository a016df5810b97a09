"""Contrastive loss of the pairs of a batch."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.metric._distances import pair_distances
from portable_losses.losses.metric._shared import (
    EmbeddingArguments,
    EmbeddingLoss,
    Pairs,
    mean_over,
)


class Contrastive(EmbeddingLoss):
    """Contrastive loss of a batch.

    It penalizes embeddings of the same class that are far apart, and embeddings of
    different classes that are closer than a margin.

    With d the Euclidean distance, P(i) the other samples of the class of anchor i and
    N(i) all samples of other classes, the item is

        mean_{p in P(i)} max(d_ip - positive_margin, 0)^2
        + mean_{n in N(i)} max(margin - d_in, 0)^2

    Shapes: `y_true` is `(B,)` or `(B, 1)`, integer labels; `y_pred` is `(B, D)`;
    items are `(B,)`, one per anchor.

    Args:
        margin: >= 0; negatives at this distance or farther cost nothing. The distance
            of normalized embeddings is at most 2.
        positive_margin: >= 0; positives up to this distance cost nothing.
        normalize: whether embeddings are divided by their norm first.

    Edge cases: an anchor without another sample of its class is excluded from the mean;
    if all are, the loss is 0 with gradient 0. An anchor without a negative has only the
    first term. Equal embeddings are at distance 0, with gradient 0; in float32 so are
    those whose distance is below 1e-3 of their distance from the mean. A zero embedding
    stays zero, with gradient 0. A sample that is masked or of weight 0 is removed from
    the batch, as anchor, positive and negative. Labels are exact integers of any size.

    Several devices: under `tf.distribute` each replica compares only the samples
    of its part of the batch: use large batches, with several samples of each class.
    With `keras.distribution` the loss has the whole batch.

    Raises:
        ValueError: for a negative margin, labels that are not whole or not one per
            sample, and embeddings that are not `(B, D)`.

    Example:
        >>> loss = portable_losses.Contrastive()
        >>> z = [[1.0, 0.0], [0.8, 0.6], [0.6, 0.8]]
        >>> round(float(loss([7, 7, 8], z)), 4)
        0.6627

    Reference:
        Hadsell, Chopra, LeCun, "Dimensionality reduction by learning an invariant
        mapping", CVPR 2006, equation 4.

    Differs: from the paper, which sums over pairs, does not normalize embeddings, and
    has a factor 1/2. Here an item has the means over the positives and negatives of an
    anchor.
    """

    def __init__(
        self,
        *,
        margin: Number = 1.0,
        positive_margin: Number = 0.0,
        **common: Unpack[EmbeddingArguments],
    ) -> None:
        super().__init__(**common)
        self.margin = arguments.number(self, "margin", margin, at_least=0)
        self.positive_margin = arguments.number(
            self, "positive_margin", positive_margin, at_least=0
        )

    def embedding_loss(self, z: Any, pairs: Pairs) -> Any:
        d = pair_distances(z, "euclidean").of_pairs
        far = ops.square(ops.relu(d - self.positive_margin))
        near = ops.square(ops.relu(self.margin - d))
        items = mean_over(pairs.positive, far) + mean_over(pairs.negative, near)
        return items, ops.any(pairs.positive, axis=1)
