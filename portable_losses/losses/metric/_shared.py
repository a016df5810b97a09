"""Shared by the losses of embeddings: normalization, pairs of a batch, views."""

from typing import Any, NamedTuple, Unpack

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments


class EmbeddingArguments(LossArguments, total=False):
    """The arguments that the constructors of most losses of embeddings take."""

    normalize: bool


class Pairs(NamedTuple):
    """The positive and the negative pairs of samples of a batch, `(B, B)` each.

    A sample that is masked or of weight 0 is in no pair.

    Args:
        positive: pairs of samples with the same label, without the pairs of a sample
            with itself, unless a loss asks `pairs_by_label` for its `diagonal`.
        negative: pairs of samples with different labels.
    """

    positive: Any
    negative: Any


class EmbeddingLoss(Loss):
    """Base of the losses of labeled embeddings, which compare the pairs of a batch.

    A subclass writes `embedding_loss`, which maps the embeddings and their pairs to the
    items. The base class handles shapes, normalization, masks and empty batches.
    """

    targets = "ids"

    def __init__(
        self, *, normalize: bool = True, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.normalize = arguments.flag(self, "normalize", normalize)

    def class_count(self, y_pred: Any) -> None:
        return None  # labels may be any integers

    def embedding_loss(self, z: Any, pairs: Pairs) -> Any:
        """Return the items, or `(items, kept)`, of embeddings `(B, D)`."""
        raise NotImplementedError

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        z = embeddings(self, y_pred, self.normalize)
        if z.shape[0] == 0:
            return ops.sum(z, axis=1)  # without samples there is no maximum
        return self.embedding_loss(z, pairs_by_label(y_true, kept))


def embeddings(owner: object, y_pred: Any, normalize: bool) -> Any:
    """Return embeddings of shape `(B, D)`, of length 1 if `normalize`."""
    if len(y_pred.shape) != 2:
        rule, remedy = "embeddings of shape (B, D)", "flatten the axes of a sample"
        shown = errors.Described(f"an array of shape {tuple(y_pred.shape)}")
        errors.fail(owner, "y_pred", rule, shown, remedy)
    return ops.normalize(y_pred, axis=-1) if normalize else y_pred


def inner_products(x: Any) -> Any:
    """The inner product of each pair of samples, `(B, B)`."""
    return ops.matmul(x, ops.transpose(x))


def pairs_by_label(labels: Any, kept: Any | None, diagonal: bool = False) -> Pairs:
    """The pairs of samples with the same label, and with different labels.

    A sample that is not kept is in no pair. A sample is a pair with itself only if
    `diagonal` is True.
    """
    kept = whole_samples(kept)
    column = ops.expand_dims(labels, 1)
    positive = column == ops.expand_dims(labels, 0)
    negative = ops.logical_not(positive)
    if not diagonal:
        positive = ops.logical_and(positive, off_diagonal(labels))
    if kept is not None:
        both = ops.logical_and(ops.expand_dims(kept, 1), ops.expand_dims(kept, 0))
        positive = ops.logical_and(positive, both)
        negative = ops.logical_and(negative, both)
    return Pairs(positive, negative)


def off_diagonal(x: Any) -> Any:
    """True for pairs of two different samples, `(B, B)`; `x` has the batch axis."""
    position = ops.arange(ops.shape(x)[0])
    return ops.expand_dims(position, 1) != ops.expand_dims(position, 0)


def mean_over(pairs: Any, terms: Any) -> Any:
    """The mean of the terms `(B, B)` over an anchor's pairs; 0 without a pair."""
    count = ops.sum(ops.cast(pairs, terms.dtype), axis=1)
    return ops.divide(ops.sum(ops.where(pairs, terms, 0.0), axis=1), count)


def log_sum_over(pairs: Any, terms: Any) -> Any:
    """log sum exp of the terms `(B, B)` over an anchor's pairs; -inf without a pair."""
    return ops.logsumexp(ops.where(pairs, terms, -float("inf")), axis=1)


def views(owner: object, y_pred: Any, count: int = 2) -> tuple[Any, ...]:
    """Return the views, each `(B, D)`, of y_pred `(B, count, D)`."""
    if len(y_pred.shape) != 3 or y_pred.shape[1] != count:
        number = {2: "two", 3: "three"}[count]
        rule, remedy = f"{number} views of shape (B, {count}, D)", "stack the views on"
        shown = errors.Described(f"an array of shape {tuple(y_pred.shape)}")
        errors.fail(owner, "y_pred", rule, shown, f"{remedy} axis 1")
    return tuple(y_pred[:, i] for i in range(count))


def whole_samples(kept: Any | None) -> Any | None:
    """Which samples are kept, `(B,)`; a sample that is partly masked is not kept."""
    if kept is None or len(kept.shape) == 1:
        return kept
    return ops.all(kept, axis=tuple(range(1, len(kept.shape))))
