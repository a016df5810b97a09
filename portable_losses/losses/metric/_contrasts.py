"""A positive pair against the negatives of the batch, in log space."""

from typing import Any

from portable_losses import ops
from portable_losses.core.axes import both


def contrast(a: Any, b: Any, kept: Any | None, symmetric: bool) -> Any:
    """-log of the softmax of the logit `a_i b_i` among all `a_i b_j`, `(B,)`.

    If `symmetric`, it is the mean of that and of the one among all `a_j b_i`.
    """
    positive = ops.sum(a * b, axis=-1)
    sample = ops.arange(ops.shape(a)[0])
    logits = negative_logits(a, b, sample, kept)
    items = surprise(positive, ops.logsumexp(logits, axis=1))
    if symmetric:
        items = 0.5 * (items + surprise(positive, ops.logsumexp(logits, axis=0)))
    return items


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
    """True for pairs of vectors of different samples, `(N, N)`."""
    return ops.expand_dims(sample, 1) != ops.expand_dims(sample, 0)


def surprise(positive: Any, negatives: Any) -> Any:
    """-log of the share of a positive, given the log-sum-exp of the negatives.

    Without negatives, whose log-sum-exp is -inf, it is 0.
    """
    # log(exp(p) + exp(n)) - p == softplus(n - p), right where the loss is almost 0
    return ops.softplus(negatives - positive)
