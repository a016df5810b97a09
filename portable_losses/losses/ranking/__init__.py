"""Losses for ranking."""

from portable_losses.losses.ranking.in_batch_softmax import InBatchSoftmax

__all__ = ["InBatchSoftmax"]

PROBLEMS = (
    (
        "queries, and the item that was chosen for each",
        "to retrieve items, with those of the batch as negatives",
        ("InBatchSoftmax",),
    ),
)
"""What you have, what you want, and the losses that fit."""
