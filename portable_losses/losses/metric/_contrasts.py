"""A positive pair against the negatives of the batch, in log space."""

from typing import Any

from portable_losses import ops
from portable_losses.core.axes import both
from portable_losses.core.signature import ChunkSize
from portable_losses.ops.pair_totals import log_totals
from portable_losses.ops.pairs import Pairs, pairs_at_once


def contrast(
    a: Any,
    b: Any,
    kept: Any | None,
    symmetric: bool,
    chunk_size: ChunkSize = None,
    bound: float | None = None,
) -> Any:
    """-log of the softmax of the logit `a_i b_i` among all `a_i b_j`, `(B,)`.

    If `symmetric`, it is the mean of that and of the one among all `a_j b_i`.
    """
    positive = ops.sum(a * b, axis=-1)
    sample = ops.arange(ops.shape(a)[0])
    first, second = negatives(a, b, sample, kept, symmetric, chunk_size, bound)
    items = surprise(positive, first)
    if second is not None:
        items = 0.5 * (items + surprise(positive, second))
    return items


def negatives(
    a: Any,
    b: Any,
    sample: Any,
    kept: Any | None,
    symmetric: bool,
    chunk_size: ChunkSize,
    bound: float | None,
) -> tuple[Any, Any | None]:
    """The log-sum-exp of `a_i b_j` over the other samples j, and over i, `(N,)` each.

    Args:
        a: vectors, `(N, D)`.
        b: vectors, `(N, D)`.
        sample: the number of the sample of each vector, `(N,)`.
        kept: False for vectors that are in no pair, `(N,)`; None for all.
        symmetric: whether the second result is computed; otherwise it is None.
        chunk_size: the number of vectors of `a` at a time; None for all.
        bound: an upper bound of the absolute inner products, if one is known.
    """
    if chunk_size is not None:
        pairs = Pairs(sample, kept, rows_at_once(chunk_size, a))
        return log_totals(a, b, pairs, symmetric, bound)
    logits = negative_logits(a, b, sample, kept)
    rows = ops.logsumexp(logits, axis=1)
    return rows, ops.logsumexp(logits, axis=0) if symmetric else None


def rows_at_once(chunk_size: ChunkSize, a: Any) -> int:
    """The number of vectors of a chunk, whose similarities to all are in memory."""
    if chunk_size == "auto" or chunk_size is None:
        return pairs_at_once(a.shape[0])
    return chunk_size if a.shape[0] is None else min(chunk_size, a.shape[0])


def bound_of(normalize: bool, temperature: Any) -> float | None:
    """An upper bound of cosine / temperature; None if it is not known."""
    if normalize and isinstance(temperature, int | float):
        return 1.001 / float(temperature)
    return None


def negative_logits(a: Any, b: Any, sample: Any, kept: Any | None) -> Any:
    """The inner product of each pair of different samples; -inf for the other pairs.

    Args:
        a: vectors, `(N, D)`.
        b: vectors, `(N, D)`.
        sample: the number of the sample of each vector, `(N,)`.
        kept: False for vectors that are in no pair, `(N,)`; None for all.
    """
    chosen = pairs_of_different(sample)
    if kept is not None:
        chosen = both(chosen, ops.expand_dims(kept, 1))
        chosen = both(chosen, ops.expand_dims(kept, 0))
    return ops.where(chosen, ops.matmul(a, ops.transpose(b)), -float("inf"))


def pairs_of_different(sample: Any) -> Any:
    """True for pairs of vectors that belong to different samples, `(N, N)`."""
    return ops.expand_dims(sample, 1) != ops.expand_dims(sample, 0)


def surprise(positive: Any, negatives: Any) -> Any:
    """-log of the softmax of a positive, given the log-sum-exp of the negatives.

    Without negatives their log-sum-exp is -inf, and the result is 0.
    """
    # log(exp(p) + exp(n)) - p == softplus(n - p), accurate where the loss is almost 0
    return ops.softplus(negatives - positive)
