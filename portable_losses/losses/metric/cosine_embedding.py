"""Cosine embedding loss for labeled pairs."""

from typing import Any, Unpack

import keras

from portable_losses import ops
from portable_losses.core import arguments, checks
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.metric._shared import views, whole_samples
from portable_losses.losses.metric._views import cosines


class CosineEmbedding(Loss):
    """Cosine embedding loss.

    It penalizes a large angle between embeddings that belong together, and a small
    angle between embeddings that do not. With c the cosine of a pair, the item is

        1 - c                 where y_true is 1
        max(0, c - margin)    where y_true is 0 or -1

    Shapes: `y_pred` is `(B, 2, D)`, two embeddings; `y_true` is `(B,)` or `(B, 1)`;
    items are `(B,)`, one per pair.

    Args:
        margin: a cosine in [-1, 1]. Embeddings that do not belong together cost nothing
            up to this cosine.

    Edge cases: the cosine of a zero vector with any other is 0, with gradient 0. Where
    the cosine equals the margin, the gradient is 0. The norms of the embeddings have no
    influence.

    Raises:
        ValueError: for a margin outside of [-1, 1], a y_pred that is not `(B, 2, D)`, a
            y_true that is not `(B,)`, and, in eager mode, a label other than 1, 0 or -1
            that is not masked; in compiled code its item is NaN.
        TypeError: for a y_true of None.

    Example:
        >>> loss = portable_losses.CosineEmbedding(margin=0.5)
        >>> pair = [[3.0, 4.0], [2.0, 0.0]]  # a cosine of 0.6
        >>> round(float(loss([1, 0], [pair, pair])), 4)  # (0.4 + 0.1) / 2
        0.25

    Reference:
        The `torch.nn.CosineEmbeddingLoss` of PyTorch, whose -1 may be 0 here.
    """

    targets = "any"

    def __init__(
        self, *, margin: Number = 0.0, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.margin = arguments.number(self, "margin", margin, at_least=-1, at_most=1)

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        cosine = cosines(*views(self, y_pred))
        together, apart = self._labels(y_true, tuple(y_pred.shape), kept)
        cost = ops.where(together, 1.0 - cosine, ops.relu(cosine - self.margin))
        return ops.where(ops.logical_or(together, apart), cost, float("nan"))

    def _labels(
        self, y_true: Any, shape: tuple[int | None, ...], kept: Any | None
    ) -> tuple[Any, Any]:
        """Which pairs belong together, and which do not, `(B,)` each."""
        checks.one_tensor(self, "y_true", y_true)
        given = tuple(y_true.shape)
        if len(given) == 2 and given[1] == 1:
            y_true = ops.squeeze(y_true, 1)
        if len(y_true.shape) != 1:
            rule, remedy = "be labels of shape (B,) or (B, 1)", "pass one per pair"
            checks.reject_shapes(self, given, shape, rule, remedy)
        if keras.backend.standardize_dtype(y_true.dtype) == "bool":
            y_true = ops.cast(y_true, "int32")
        together = y_true == 1
        apart = ops.logical_or(y_true == 0, y_true == -1)
        bad = ops.logical_not(ops.logical_or(together, apart))
        kept = whole_samples(kept)
        if kept is not None:
            bad = ops.logical_and(bad, kept)
        checks.reject_any(
            self,
            bad,
            lambda: (
                "`y_true` must be 1 for a pair that belongs together, 0 or -1 for "
                f"others; got y_true that holds {checks.first(y_true, bad)} (fix the "
                "labels, or mask the pair)"
            ),
        )
        return together, apart
