"""Multi-similarity loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.metric._shared import (
    EmbeddingArguments,
    EmbeddingLoss,
    Pairs,
    inner_products,
    log_sum_over,
)


class MultiSimilarity(EmbeddingLoss):
    """Multi-similarity loss (MS loss).

    It penalizes small similarities within a class and large similarities between
    classes. Pairs that are worse than the other pairs of the anchor count more.

    With s the cosine similarities, P(i) the other samples of the class of anchor i and
    N(i) all samples of other classes, the item is

        log(1 + sum_{p in P(i)} exp(-alpha (s_ip - base))) / alpha
        + log(1 + sum_{n in N(i)} exp(beta (s_in - base))) / beta

    Shapes: `y_true` is `(B,)` or `(B, 1)`, integer labels; `y_pred` is `(B, D)`;
    items are `(B,)`, one per anchor.

    Args:
        alpha: > 0; the larger it is, the more the least similar positives count.
        beta: > 0; the larger it is, the more the most similar negatives count.
        base: the similarity that positives should exceed and negatives should not.
        normalize: whether embeddings are divided by their norm first; False for
            those that already have length 1.

    Edge cases: an anchor without another sample of its class is excluded from the mean;
    if all are, the loss is 0 with gradient 0. An anchor without a negative has only the
    first term. A zero embedding stays zero, with gradient 0: its similarities are 0. A
    sample that is masked or of weight 0 is removed from the batch, as anchor, positive
    and negative. Labels are exact integers of any size.

    Several devices: under `tf.distribute` each replica compares only the samples
    of its part of the batch: use large batches, with several samples of each class.
    With `keras.distribution` the loss has the whole batch.

    Raises:
        ValueError: for an alpha or beta that is not > 0, labels that are not whole or
            not one per sample, and embeddings that are not `(B, D)`.

    Example:
        >>> loss = portable_losses.MultiSimilarity(alpha=1.0, beta=1.0)
        >>> z = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
        >>> round(float(loss([7, 7, 8], z)), 4)  # 2 log(1 + exp(-0.5))
        0.9482

    Reference:
        Wang, Han, Huang, Dong, Scott, "Multi-similarity loss with general pair
        weighting for deep metric learning", CVPR 2019, arXiv:1904.06627, equation 15.

    Differs: from the paper, which mines pairs and whose base is 1: here all pairs
    count. From pytorch-metric-learning, where an anchor without a positive has the
    second term: here it is excluded.
    """

    def __init__(
        self,
        *,
        alpha: Number = 2.0,
        beta: Number = 50.0,
        base: Number = 0.5,
        **common: Unpack[EmbeddingArguments],
    ) -> None:
        super().__init__(**common)
        self.alpha = arguments.number(self, "alpha", alpha, above=0)
        self.beta = arguments.number(self, "beta", beta, above=0)
        self.base = arguments.number(self, "base", base)

    def embedding_loss(self, z: Any, pairs: Pairs) -> Any:
        s = inner_products(z) - self.base
        far = ops.softplus(log_sum_over(pairs.positive, -self.alpha * s)) / self.alpha
        near = ops.softplus(log_sum_over(pairs.negative, self.beta * s)) / self.beta
        return far + near, ops.any(pairs.positive, axis=1)
