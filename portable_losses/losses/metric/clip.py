"""The loss of CLIP: images and their texts."""

from typing import Any, Unpack

from portable_losses.core import arguments
from portable_losses.core.signature import ChunkSize, Number
from portable_losses.losses.metric._contrasts import bound_of, contrast
from portable_losses.losses.metric._shared import EmbeddingArguments
from portable_losses.losses.metric._views import TwoViewLoss


class CLIP(TwoViewLoss):
    """CLIP loss (contrastive language-image pre-training; symmetric cross-entropy).

    It penalizes images that are not closer to their text than to the other texts of the
    batch, and texts that are not closer to their image than to the other images. With a
    and b the normalized embeddings of images and texts, the item is

        - 1/2 log( exp(a_i b_i / temperature) / sum_j exp(a_i b_j / temperature) )
        - 1/2 log( exp(a_i b_i / temperature) / sum_j exp(a_j b_i / temperature) )

    It is the same as `InfoNCE(temperature=0.07)`.

    Shapes: `y_pred` is `(B, 2, D)`, the image and the text of each pair, as
    `StackViews` makes it; `y_true` is ignored and may be None; items are `(B,)`, one
    per pair.

    Args:
        temperature: > 0. As in the paper it is learned by
            `StackViews(learn_temperature=True)` in the model; then `temperature=1.0`
            and `normalize=False` here.
        chunk_size: the number of images that are compared with all others at a time.
            With a number, or "auto" (a number for the size of the batch), memory grows
            with chunk_size x B instead of B x B, but the gradient cannot be
            differentiated again. None compares all at once.
        normalize: whether embeddings are divided by their norm first; False for
            those of `StackViews`.

    Edge cases: a pair that is masked or of weight 0, or of which one part is masked, is
    removed from the batch: it has no item, and is no negative of others. A single pair
    costs 0, with gradient 0; without pairs the loss is 0. A zero embedding stays zero,
    with gradient 0. The value is accurate for logits of 1e4 and -1e4, and where it is
    almost 0.

    Devices: with `keras.distribution.DataParallel` (JAX) the result is the same as on
    one device. A replica of `tf.distribute` or of torch's DistributedDataParallel
    has only the negatives of its part of the batch: to use all, gather the views
    of all replicas before the loss (`all_gather`, as the guide shows).

    Raises:
        ValueError: for a temperature that is not > 0, and a y_pred that is not
            `(B, 2, D)`.

    Example:
        >>> loss = portable_losses.CLIP(temperature=0.5)
        >>> pairs = [[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]]
        >>> round(float(loss(None, pairs)), 4)  # log(1 + exp(-2))
        0.1269

    Reference:
        Radford et al., "Learning transferable visual models from natural language
        supervision", ICML 2021, arXiv:2103.00020, figure 3.
    """

    def __init__(
        self,
        *,
        temperature: Number = 0.07,
        chunk_size: ChunkSize = None,
        **common: Unpack[EmbeddingArguments],
    ) -> None:
        super().__init__(**common)
        self.temperature = arguments.number(self, "temperature", temperature, above=0)
        self.chunk_size = arguments.chunk_size(self, chunk_size)

    def loss_of_views(self, a: Any, b: Any, kept: Any | None) -> Any:
        bound = bound_of(self.normalize, self.temperature)
        a = a / self.temperature
        return contrast(a, b, kept, True, self.chunk_size, bound)
