"""NT-Xent: each view of a sample among all views of the batch."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import ChunkSize, Number
from portable_losses.losses.metric._contrasts import bound_of, negatives, surprise
from portable_losses.losses.metric._shared import EmbeddingArguments, views
from portable_losses.losses.metric._views import TwoViewLoss


class NTXent(TwoViewLoss):
    """NT-Xent (normalized temperature-scaled cross-entropy), the loss of SimCLR.

    It penalizes views of a sample that are not closer to each other than to the views
    of the other samples. With z the 2 B normalized views of a batch, the item of the
    view i, whose other view is j, is

        -log( exp(z_i z_j / temperature) / sum_{k != i} exp(z_i z_k / temperature) )

    Unlike in `InfoNCE`, the first views are negatives of each other, too. It equals
    `SupervisedContrastive` if the class of a view is the number of its sample.

    Shapes: `y_pred` is `(B, 2, D)`, two views of each sample, as `StackViews` makes
    them; `y_true` is ignored and may be None; items are `(B, 2)`, one per view. A mask
    and sample weights are `(B,)` or `(B, 2)`.

    Args:
        temperature: > 0; the lower it is, the more the nearest views count.
        chunk_size: the number of views that are compared with all others at a time.
            With a number, or "auto" (a number for the size of the batch), memory grows
            with chunk_size x 2 B instead of 2 B x 2 B, but the gradient cannot be
            differentiated again. None compares all at once.
        normalize: whether embeddings are divided by their norm first; False for
            those of `StackViews`, which may have learned a temperature
            (`temperature=1.0` here).

    Edge cases: a view that is masked or of weight 0 is removed from the batch: it has
    no item, and is no negative of others. The other view of its sample, if it is kept,
    has no positive: it is excluded from the mean, but is a negative of others. A single
    sample costs 0, with gradient 0; without samples the loss is 0. A zero embedding
    stays zero, with gradient 0. Equal embeddings of B samples cost log(2 B - 1). The
    value is accurate for logits of 1e4 and -1e4, and where it is almost 0.

    Devices: with `keras.distribution.DataParallel` (JAX) the result is the same as on
    one device. A replica of `tf.distribute` or of torch's DistributedDataParallel
    has only the negatives of its part of the batch: to use all, gather the views
    of all replicas before the loss (`all_gather`, as the guide shows).

    Raises:
        ValueError: for a temperature that is not > 0, and a y_pred that is not
            `(B, 2, D)`.

    Example:
        >>> loss = portable_losses.NTXent(temperature=1.0)
        >>> views = [[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]]
        >>> round(float(loss(None, views)), 4)  # log(e + 2) - 1
        0.5514

    Reference:
        Chen, Kornblith, Norouzi, Hinton, "A simple framework for contrastive learning
        of visual representations", ICML 2020, arXiv:2002.05709, equation 1.
    """

    def __init__(
        self,
        *,
        temperature: Number = 0.5,
        chunk_size: ChunkSize = None,
        **common: Unpack[EmbeddingArguments],
    ) -> None:
        super().__init__(**common)
        self.temperature = arguments.number(self, "temperature", temperature, above=0)
        self.chunk_size = arguments.chunk_size(self, chunk_size)

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        z = self.normalized(y_pred)
        if z.shape[0] == 0:
            return ops.sum(z, axis=2)  # without samples there is no maximum
        a, b = views(self, z)
        positive = ops.expand_dims(ops.sum(a * b, axis=1) / self.temperature, 1)
        size, _, width = ops.shape(z)
        z = ops.reshape(z, (-1, width))
        if kept is not None:
            kept = ops.reshape(_of_views(kept, (size, 2)), (-1,))
        sample = ops.repeat(ops.arange(size), 2)
        bound = bound_of(self.normalize, self.temperature)
        others, _ = negatives(
            z / self.temperature, z, sample, kept, False, self.chunk_size, bound
        )
        items = surprise(positive, ops.reshape(others, (-1, 2)))
        if kept is None:
            return items
        pairs = ops.all(ops.reshape(kept, (-1, 2)), axis=1, keepdims=True)
        return items, ops.broadcast_to(pairs, (size, 2))


def _of_views(kept: Any, shape: tuple[Any, Any]) -> Any:
    """Which views are kept, `(B, 2)`; a view that is partly masked is not kept."""
    if len(kept.shape) == 1:
        return ops.broadcast_to(ops.expand_dims(kept, 1), shape)
    return ops.all(kept, axis=2) if len(kept.shape) == 3 else kept
