"""N-pairs loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core.signature import LossArguments
from portable_losses.losses.metric._shared import (
    EmbeddingLoss,
    Pairs,
    inner_products,
    log_sum_over,
    mean_over,
)


class NPairs(EmbeddingLoss):
    """N-pairs loss (multi-class N-pair loss, (N+1)-tuplet loss).

    It penalizes inner products of an anchor with samples of other classes, unless they
    are smaller than those with samples of its class.

    With s the inner products of embeddings, P(i) the other samples of the class of
    anchor i and N(i) all samples of other classes, the item is

        mean_{p in P(i)} log(1 + sum_{n in N(i)} exp(s_in - s_ip))

    Shapes: `y_true` is `(B,)` or `(B, 1)`, integer labels; `y_pred` is `(B, D)`;
    items are `(B,)`, one per anchor.

    Args:
        normalize: whether embeddings are divided by their norm first. By default they
            are not, since inner products of unit vectors are too small for this loss.

    Edge cases: an anchor without another sample of its class is excluded from the mean;
    if all are, the loss is 0 with gradient 0. An anchor without a negative costs 0.
    Equal embeddings cost log(1 + |N(i)|). A sample that is masked or of weight 0 is
    removed from the batch, as anchor, positive and negative. Labels are exact integers
    of any size. The memory is that of `(B, B)` numbers.

    Several devices: under `tf.distribute` each replica compares only the samples
    of its part of the batch: use large batches, with several samples of each class.
    With `keras.distribution` the loss has the whole batch.

    Raises:
        ValueError: for labels that are not whole or not one per sample, and embeddings
            that are not `(B, D)`.

    Example:
        >>> loss = portable_losses.NPairs()
        >>> z = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
        >>> round(float(loss([7, 7, 8], z)), 4)  # log(1 + exp(-1))
        0.3133

    Reference:
        Sohn, "Improved deep metric learning with multi-class N-pair loss objective",
        NeurIPS 2016, equation 7.

    Differs: from the paper, which has one pair of each class and a penalty on the norms
    of embeddings. Here all positives and negatives of a batch count; for the penalty,
    use an activity regularizer in the last layer.
    """

    def __init__(
        self, *, normalize: bool = False, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(normalize=normalize, **common)

    def embedding_loss(self, z: Any, pairs: Pairs) -> Any:
        s = inner_products(z)
        # log(1 + sum_n exp(s_n - s_p)) == softplus(log sum_n exp(s_n) - s_p)
        far = ops.expand_dims(log_sum_over(pairs.negative, s), 1)
        cost = ops.softplus(far - s)
        return mean_over(pairs.positive, cost), ops.any(pairs.positive, axis=1)
