"""Layers between a model and its loss, which may have weights."""

from portable_losses.layers.cosine_dense import CosineDense
from portable_losses.layers.linear_chain_crf import LinearChainCRF
from portable_losses.layers.linear_crossentropy import LinearCrossentropy
from portable_losses.layers.stack_views import StackViews

__all__ = ["CosineDense", "LinearChainCRF", "LinearCrossentropy", "StackViews"]

PROBLEMS = (
    (
        "sequences with a label for each step, such as tags of tokens",
        "the best sequence as a whole",
        ("LinearChainCRF",),
    ),
    (
        "tokens of a large vocabulary",
        "an output layer with cross-entropy, without the logits in memory",
        ("LinearCrossentropy",),
    ),
    (
        "labels, for a loss that compares embeddings with class centers",
        "a layer that holds the centers",
        ("CosineDense",),
    ),
    (
        "pairs, triplets or views in separate outputs of the model",
        "the one tensor that losses of views take, and a learned temperature",
        ("StackViews",),
    ),
)
"""What you have, what you want, and the layers that fit."""
