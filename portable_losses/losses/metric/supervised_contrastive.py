"""Supervised contrastive loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import ChunkSize, Number
from portable_losses.losses.metric._contrasts import bound_of, negatives
from portable_losses.losses.metric._labels import sums_of_others
from portable_losses.losses.metric._shared import (
    EmbeddingArguments,
    EmbeddingLoss,
    embeddings,
    log_sum_over,
    pairs_by_label,
    whole_samples,
)


class SupervisedContrastive(EmbeddingLoss):
    """Supervised contrastive loss (SupCon).

    It penalizes embeddings of the same class that are not closer to each other than
    to the other embeddings.

    With z the normalized embeddings, P(i) the other samples of the class of anchor i
    and A(i) all other samples, the item is

        -1/|P(i)| sum_{p in P(i)} log( exp(z_i z_p / temperature)
                                       / sum_{a in A(i)} exp(z_i z_a / temperature) )

    Shapes: `y_true` is `(B,)` or `(B, 1)`, integer labels; `y_pred` is `(B, D)`;
    items are `(B,)`, one per anchor.

    Args:
        temperature: > 0; the lower it is, the more the nearest samples count.
        chunk_size: the number of anchors that are compared with all others at a time.
            With a number, or "auto" (a number for the size of the batch), memory grows
            with chunk_size x B instead of B x B, but the gradient cannot be
            differentiated again. None compares all at once.
        normalize: whether embeddings are divided by their norm first; False for
            those that already have length 1.

    Edge cases: an anchor without another sample of its class is excluded from the mean;
    if all are, the loss is 0. A sample that is masked or of weight 0 is removed from
    the batch, as anchor, positive and negative. Labels are exact integers of any size.
    A zero embedding stays zero, with gradient 0. Equal embeddings of B samples cost
    log(B - 1).

    Devices: with `keras.distribution.DataParallel` (JAX) the result is the same as on
    one device. A replica of `tf.distribute` or of torch's DistributedDataParallel
    has only the pairs of its part of the batch: to use all, gather the embeddings
    and labels of all replicas before a `LossEndpoint` (`all_gather`, as the guide
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

    Differs: from the paper, which sums over the anchors; and from the authors' code,
    which multiplies the mean by temperature / 0.07.
    """

    def __init__(
        self,
        *,
        temperature: Number = 0.1,
        chunk_size: ChunkSize = None,
        **common: Unpack[EmbeddingArguments],
    ) -> None:
        super().__init__(**common)
        self.temperature = arguments.number(self, "temperature", temperature, above=0)
        self.chunk_size = arguments.chunk_size(self, chunk_size)

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        z = embeddings(self, y_pred, self.normalize)
        if z.shape[0] == 0:
            return ops.sum(z, axis=1)  # without samples there is no maximum
        kept = whole_samples(kept)
        terms = self._at_once if self.chunk_size is None else self._in_chunks
        total, near, count = terms(z / self.temperature, z, y_true, kept)
        some = count > 0
        if kept is not None:
            some = ops.logical_and(some, kept)
        # The mean over P(i) of log sum_a exp(s_a) - s_p
        return ops.where(some, total, 0.0) - ops.divide(near, count), some

    def _at_once(
        self, scaled: Any, z: Any, labels: Any, kept: Any | None
    ) -> tuple[Any, Any, Any]:
        """log sum_a exp(s_a), sum_p s_p and |P(i)|, from all similarities at once."""
        pairs = pairs_by_label(labels, kept)
        similarity = ops.matmul(scaled, ops.transpose(z))
        others = ops.logical_or(pairs.positive, pairs.negative)
        count = ops.sum(ops.cast(pairs.positive, z.dtype), axis=1)
        near = ops.sum(ops.where(pairs.positive, similarity, 0.0), axis=1)
        return log_sum_over(others, similarity), near, count

    def _in_chunks(
        self, scaled: Any, z: Any, labels: Any, kept: Any | None
    ) -> tuple[Any, Any, Any]:
        """As `_at_once`, in chunks; sum_p s_p is z_i times the sum of z_p over P(i)."""
        bound = bound_of(self.normalize, self.temperature)
        sample = ops.arange(ops.shape(z)[0])
        total, _ = negatives(scaled, z, sample, kept, False, self.chunk_size, bound)
        sums, count = sums_of_others(labels, z, kept)
        return total, ops.sum(scaled * sums, axis=1), count
