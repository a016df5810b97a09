"""InfoNCE: finding the second view of a sample among those of the batch."""

from typing import Any, Unpack

from portable_losses.core import arguments
from portable_losses.core.signature import ChunkSize, Number
from portable_losses.losses.metric._contrasts import bound_of, contrast
from portable_losses.losses.metric._shared import EmbeddingArguments
from portable_losses.losses.metric._views import TwoViewLoss


class InfoNCE(TwoViewLoss):
    """InfoNCE (contrastive predictive coding; in-batch softmax cross-entropy).

    It penalizes views of a sample that are not closer to each other than to the views
    of the other samples. With a and b the normalized first and second views, the item
    is the cross-entropy of finding b_i among all second views,

        -log( exp(a_i b_i / temperature) / sum_j exp(a_i b_j / temperature) )

    If `symmetric`, it is the mean of this and of the cross-entropy of finding a_i among
    all first views, with the sum over exp(a_j b_i / temperature).

    Shapes: `y_pred` is `(B, 2, D)`, two views of each sample, as `StackViews` makes
    them; `y_true` is ignored and may be None; items are `(B,)`, one per sample.

    Args:
        temperature: > 0; the lower it is, the more the nearest samples count.
        symmetric: whether the loss also has the second direction, in which a second
            view is compared with all first views. Use False for queries and keys.
        chunk_size: the number of first views that are compared with all others at a
            time. With a number, or "auto" (a number for the size of the batch), memory
            grows with chunk_size x B instead of B x B, but the gradient cannot be
            differentiated again. None compares all at once.
        normalize: whether embeddings are divided by their norm first; False for
            those of `StackViews`, which may have learned a temperature
            (`temperature=1.0` here).

    Edge cases: a sample that is masked or of weight 0, or of which one view is masked,
    is removed from the batch: it has no item, and is no negative of others. A single
    sample costs 0, with gradient 0; without samples the loss is 0. A zero embedding
    stays zero, with gradient 0. Equal embeddings of B samples cost log(B). The value is
    accurate for logits of 1e4 and -1e4, and where it is almost 0.

    Devices: with `keras.distribution.DataParallel` (JAX) the result is the same as on
    one device. A replica of `tf.distribute` or of torch's DistributedDataParallel
    has only the negatives of its part of the batch: to use all, gather the views
    of all replicas before the loss (`all_gather`, as the guide shows).

    Raises:
        ValueError: for a temperature that is not > 0, and a y_pred that is not
            `(B, 2, D)`.

    Example:
        >>> loss = portable_losses.InfoNCE(temperature=1.0)
        >>> views = [[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]]
        >>> round(float(loss(None, views)), 4)  # log(e + 1) - 1
        0.3133

    Reference:
        van den Oord, Li, Vinyals, "Representation learning with contrastive predictive
        coding", 2018, arXiv:1807.03748, equation 4.

    Differs: from the paper, whose logits are not cosines divided by a temperature, and
    which has one direction only.
    """

    def __init__(
        self,
        *,
        temperature: Number = 0.1,
        symmetric: bool = True,
        chunk_size: ChunkSize = None,
        **common: Unpack[EmbeddingArguments],
    ) -> None:
        super().__init__(**common)
        self.temperature = arguments.number(self, "temperature", temperature, above=0)
        self.chunk_size = arguments.chunk_size(self, chunk_size)
        self.symmetric = arguments.flag(self, "symmetric", symmetric)

    def loss_of_views(self, a: Any, b: Any, kept: Any | None) -> Any:
        bound = bound_of(self.normalize, self.temperature)
        a = a / self.temperature
        return contrast(a, b, kept, self.symmetric, self.chunk_size, bound)
