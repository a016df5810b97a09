"""In-batch softmax: finding the item of a query among the items of the batch."""

from collections.abc import Sequence
from typing import Any, Unpack

import keras

from portable_losses import ops
from portable_losses.core import arguments, checks
from portable_losses.core.loss import Loss
from portable_losses.core.signature import ChunkSize, LossArguments, Number
from portable_losses.losses.metric._contrasts import negatives, surprise
from portable_losses.losses.metric._shared import views, whole_samples
from portable_losses.ops.classes import take, valid_ids


class InBatchSoftmax(Loss):
    """In-batch softmax (sampled softmax of two towers, in-batch negatives).

    It penalizes queries that are not closer to their item than to the other items of
    the batch. With u the embeddings of queries, v those of items and c the counts of
    items, the logit of query i for item j is

        s(i, j) = u_i v_j / temperature - log(c_j)

    where the last term corrects for frequent items, which are negatives more often. The
    loss of query i is the cross-entropy of finding its item,

        -log( exp(s(i, i)) / (exp(s(i, i)) + sum_j exp(s(i, j))) )

    with the sum over the samples j whose item is another one.

    Shapes: `y_true` is `(B,)` or `(B, 1)`, the integer index of the item of each
    sample; `y_pred` is `(B, 2, D)`, the query and the item of each sample, as
    `StackViews(normalize=False)` makes it; losses are `(B,)`, one per query.

    Args:
        temperature: > 0; the lower it is, the more the nearest items count.
        item_counts: one number > 0 per item, its count in the data or its probability;
            None if all items are equally frequent.
        chunk_size: the number of queries that are compared with all items at a time.
            With a number, or "auto" (a number for the size of the batch), memory grows
            with chunk_size x B instead of B x B, but the gradient cannot be
            differentiated again. None compares all at once.

    Edge cases: samples with the same item are not negatives of each other. A sample
    that is masked or of weight 0 is removed from the batch: it has no loss, and is no
    negative of others. A query without a negative costs 0, with gradient 0; without
    samples the loss is 0. The value is accurate for logits of 1e4 and -1e4, and where
    it is almost 0.

    Devices: with `keras.distribution.DataParallel` (JAX) the result is the same as on
    one device. A replica of `tf.distribute` or of torch's DistributedDataParallel
    has only the items of its part of the batch: to use all, gather the embeddings of
    all replicas before the loss (`all_gather`, as the guide shows).

    Raises:
        ValueError: for a temperature or a count that is not > 0, items that are not
            whole, or beyond the counts (in compiled code the loss is NaN), and a y_pred
            that is not `(B, 2, D)`.

    Example:
        >>> loss = portable_losses.InBatchSoftmax()
        >>> pairs = [[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]]
        >>> round(float(loss([5, 8], pairs)), 4)  # log(e + 1) - 1
        0.3133

    Reference:
        Yi et al., "Sampling-bias-corrected neural modeling for large corpus item
        recommendations", RecSys 2019, equations 3 to 5.

    Differs: from the paper, where the item of a query is also a negative if another
    sample has the same item.
    """

    targets = "any"

    def __init__(
        self,
        *,
        temperature: Number = 1.0,
        item_counts: Sequence[float] | None = None,
        chunk_size: ChunkSize = None,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.temperature = arguments.number(self, "temperature", temperature, above=0)
        if item_counts is not None:
            item_counts = arguments.vector(self, "item_counts", item_counts, above=0)
        self.item_counts = item_counts
        self.chunk_size = arguments.chunk_size(self, chunk_size)

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        u, v = views(self, y_pred)
        if u.shape[0] == 0:
            return ops.sum(u, axis=1)  # without samples there is no maximum
        kept, u = whole_samples(kept), u / self.temperature
        ids = self._ids_of(y_true, tuple(y_pred.shape), kept)
        if self.item_counts is not None:
            counts = ops.convert_to_tensor(self.item_counts, dtype=v.dtype)
            valid = valid_ids(ids, len(self.item_counts))
            count = ops.where(valid, take(counts, ids), float("nan"))
            # (u, 1) (v, -log c) == u v - log c
            cost = ops.expand_dims(-ops.log(count), 1)
            u = ops.concatenate([u, ops.ones_like(cost)], axis=1)
            v = ops.concatenate([v, cost], axis=1)
        others, _ = negatives(u, v, ids, kept, False, self.chunk_size, None)
        items = surprise(ops.sum(u * v, axis=1), others)
        return items if kept is None else (items, kept)

    def _ids_of(
        self, y_true: Any, shape: tuple[int | None, ...], kept: Any | None
    ) -> Any:
        """The number of the item of each sample, `(B,)`."""
        checks.one_tensor(self, "y_true", y_true)
        given = tuple(y_true.shape)
        if len(given) == 2 and given[1] == 1:
            y_true = ops.squeeze(y_true, 1)
        if len(y_true.shape) != 1:
            rule, remedy = "be items of shape (B,) or (B, 1)", "pass one per sample"
            checks.reject_shapes(self, given, shape, rule, remedy)
        if keras.backend.is_float_dtype(y_true.dtype):
            checks.whole_ids(self, y_true, kept)
        ids = y_true
        if keras.backend.standardize_dtype(ids.dtype) not in ("int32", "int64"):
            ids = ops.cast(ids, "int32")
        if self.item_counts is not None:
            remedy = "give each item a count, or mask the sample"
            count = len(self.item_counts)
            checks.ids_in_range(self, ids, count, kept, remedy=remedy)
        return ids
