"""Shared by the losses of two views: their shapes, normalization and masks."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.losses.metric._shared import views, whole_samples


class TwoViewLoss(Loss):
    """Base of the losses that compare the first views of a batch with the second ones.

    A subclass writes `loss_of_views`, which maps the views to the items. The base class
    handles shapes, normalization, masks and empty batches.
    """

    targets = "any"

    def __init__(
        self, *, normalize: bool = True, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.normalize = arguments.flag(self, "normalize", normalize)

    def loss_of_views(self, a: Any, b: Any, kept: Any | None) -> Any:
        """Return the items `(B,)` of two views of shape `(B, D)`.

        `kept` is a boolean tensor `(B,)` or None; samples that are not kept must not be
        used as negatives.
        """
        raise NotImplementedError

    def normalized(self, y_pred: Any) -> Any:
        """The views `(B, 2, D)`, of length 1 if `normalize`."""
        views(self, y_pred)  # checks the shape
        return ops.normalize(y_pred) if self.normalize else y_pred

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        a, b = views(self, self.normalized(y_pred))
        if a.shape[0] == 0:
            return ops.sum(a, axis=1)  # without samples there is no maximum
        kept = whole_samples(kept)
        items = self.loss_of_views(a, b, kept)
        return items if kept is None else (items, kept)


def cosines(a: Any, b: Any) -> Any:
    """The cosine of each pair `(B, D)` of vectors, `(B,)`; that of a zero vector is 0.

    Its gradient is 0 there.
    """
    return ops.sum(ops.normalize(a) * ops.normalize(b), axis=-1)
