"""Supervised contrastive loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.metric._shared import (
    EmbeddingArguments,
    EmbeddingLoss,
    Pairs,
    inner_products,
)


class SupervisedContrastive(EmbeddingLoss):
    """Supervised contrastive loss (SupCon).

    It penalizes embeddings of the same class that are not closer to each other than
    to the other embeddings.

    With z the normalized embeddings, P(i) the other samples of anchor i's class and
    A(i) all other samples, the item is

        -1/|P(i)| sum_{p in P(i)} log( exp(z_i z_p / temperature)
                                       / sum_{a in A(i)} exp(z_i z_a / temperature) )

    Shapes: `y_true` is `(B,)` or `(B, 1)`, integer labels; `y_pred` is `(B, D)`;
    items are `(B,)`, one per anchor.

    Args:
        temperature: > 0; the lower, the more the nearest samples count.
        normalize: whether embeddings are divided by their length first; False for
            those that already have length 1.

    Edge cases: an anchor that is alone in its class is excluded from the mean; if all
    are, the loss is 0. A sample that is masked or of weight 0 is removed from the
    batch, as anchor, positive and negative. Labels are exact integers of any size.
    A zero embedding stays zero, with gradient 0. Equal embeddings of B samples cost
    log(B - 1).

    Devices: `keras.distribution.DataParallel` (JAX) shares the batch: two devices give
    what one gives. A replica of `tf.distribute` or of torch's DistributedDataParallel
    has only the pairs of its own part of the batch: to have all, gather the embeddings
    and labels of all replicas in front of a `LossEndpoint` (`all_gather`, as the guide
    shows).

    Raises:
        ValueError: for a temperature that is not > 0, labels that are not whole or not
            one per sample, and embeddings that are not `(B, D)`.

    Example:
        >>> loss = portable_losses.SupervisedContrastive(temperature=1.0)
        >>> z = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
        >>> round(float(loss([7, 7, 8], z)), 4)  # log(e + 1) - 1
        0.3133

    Reference:
        Khosla et al., "Supervised contrastive learning", NeurIPS 2020,
        arXiv:2004.11362, equation 2 (L_out).

    Differs: from the paper in the mean over anchors, which is a sum there; the authors'
    code takes the mean, times temperature / 0.07.
    """

    def __init__(
        self, *, temperature: Number = 0.1, **common: Unpack[EmbeddingArguments]
    ) -> None:
        super().__init__(**common)
        self.temperature = arguments.number(self, "temperature", temperature, above=0)

    def embedding_loss(self, z: Any, pairs: Pairs) -> Any:
        similarity = inner_products(z) / self.temperature
        others = ops.logical_or(pairs.positive, pairs.negative)
        # The mean over P(i) of log sum_a exp(s_a) - s_p
        total = ops.logsumexp(ops.where(others, similarity, -float("inf")), axis=1)
        count = ops.sum(ops.cast(pairs.positive, similarity.dtype), axis=1)
        near = ops.sum(ops.where(pairs.positive, similarity, 0.0), axis=1)
        some = count > 0
        return ops.where(some, total, 0.0) - ops.divide(near, count), some
