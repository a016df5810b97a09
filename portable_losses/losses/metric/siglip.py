"""The loss of SigLIP: whether an image and a text belong together."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import ChunkSize, Number
from portable_losses.losses.metric._contrasts import (
    pairs_of_different,
    rows_at_once,
)
from portable_losses.losses.metric._shared import EmbeddingArguments
from portable_losses.losses.metric._views import TwoViewLoss
from portable_losses.ops.pair_totals import sums_of_costs
from portable_losses.ops.pairs import Pairs


class SigLIP(TwoViewLoss):
    """SigLIP loss (sigmoid loss for language-image pre-training).

    It penalizes images and texts that belong together and are far apart, and images and
    texts of different pairs that are close. Each combination is scored separately, by a
    binary cross-entropy. With a and b the
    normalized embeddings of images and texts, and y_ij = 1 for i = j and -1 otherwise,
    the item is

        sum_j log(1 + exp(-y_ij (scale a_i b_j + bias)))

    Shapes: `y_pred` is `(B, 2, D)`, the image and the text of each pair, as
    `StackViews` makes it; `y_true` is ignored and may be None; items are `(B,)`, one
    per image.

    Args:
        scale: > 0, the inverse temperature. As in the paper it is learned, with the
            bias, by `StackViews(temperature=0.1, learn_temperature=True, bias=-10.0)`
            in the model; then `scale=1.0`, `bias=0.0` and `normalize=False` here.
        bias: added to each logit; it should be about -log(B), since most pairs do not
            belong together.
        chunk_size: the number of images that are compared with all others at a time.
            With a number, or "auto" (a number for the size of the batch), memory grows
            with chunk_size x B instead of B x B, but the gradient cannot be
            differentiated again. None compares all at once.
        normalize: whether embeddings are divided by their norm first; False for
            those of `StackViews`.

    Edge cases: a pair that is masked or of weight 0, or of which one part is masked, is
    removed from the batch: it has no item, and is no negative of others. A single pair
    costs log(1 + exp(-scale a b - bias)); without pairs the loss is 0. A zero embedding
    stays zero, with gradient 0: its logits are the bias. The value is accurate for
    logits of 1e4 and -1e4, and the gradient of wrong logits does not vanish there.

    Devices: with `keras.distribution.DataParallel` (JAX) the result is the same as on
    one device. A replica of `tf.distribute` or of torch's DistributedDataParallel
    has only the negatives of its part of the batch: to use all, gather the views
    of all replicas before the loss (`all_gather`, as the guide shows).

    Raises:
        ValueError: for a scale that is not > 0, a bias that is not finite, and a y_pred
            that is not `(B, 2, D)`.

    Example:
        >>> loss = portable_losses.SigLIP(scale=1.0, bias=-1.0)
        >>> pairs = [[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]]
        >>> round(float(loss(None, pairs)), 4)  # log(2) + log(1 + exp(-1))
        1.0064

    Reference:
        Zhai, Mustafa, Kolesnikov, Beyer, "Sigmoid loss for language image
        pre-training", ICCV 2023, arXiv:2303.15343, section 3.2.
    """

    def __init__(
        self,
        *,
        scale: Number = 10.0,
        bias: Number = -10.0,
        chunk_size: ChunkSize = None,
        **common: Unpack[EmbeddingArguments],
    ) -> None:
        super().__init__(**common)
        self.scale = arguments.number(self, "scale", scale, above=0)
        self.bias = arguments.number(self, "bias", bias)
        self.chunk_size = arguments.chunk_size(self, chunk_size)

    def loss_of_views(self, a: Any, b: Any, kept: Any | None) -> Any:
        if self.chunk_size is not None:
            return self._in_chunks(self.scale * a, b, kept)
        logits = ops.matmul(self.scale * a, ops.transpose(b)) + self.bias
        different = pairs_of_different(ops.arange(ops.shape(a)[0]))
        costs = ops.softplus(ops.where(different, logits, -logits))
        if kept is not None:
            costs = ops.where(ops.expand_dims(kept, 0), costs, 0.0)
        return ops.sum(costs, axis=1)

    def _in_chunks(self, a: Any, b: Any, kept: Any | None) -> Any:
        sample = ops.arange(ops.shape(a)[0])
        pairs = Pairs(sample, kept, rows_at_once(self.chunk_size, a))
        positive = ops.softplus(-(ops.sum(a * b, axis=-1) + self.bias))
        return positive + sums_of_costs(a, b, self.bias, pairs)
