"""Losses for ordered classes."""

from portable_losses.losses.ordinal.coral import Coral
from portable_losses.losses.ordinal.corn import Corn
from portable_losses.losses.ordinal.ordinal_ranks import ordinal_ranks
from portable_losses.losses.ordinal.quadratic_weighted_kappa import (
    QuadraticWeightedKappa,
)
from portable_losses.losses.ordinal.squared_earth_mover import SquaredEarthMover

__all__ = [
    "Coral",
    "Corn",
    "QuadraticWeightedKappa",
    "SquaredEarthMover",
    "ordinal_ranks",
]

PROBLEMS = (
    (
        "ranks, or ordered classes",
        "a rank, with small errors before large ones",
        ("Coral", "Corn"),
    ),
    (
        "ranks, or ordered classes",
        "probabilities close to the true class",
        ("SquaredEarthMover",),
    ),
    (
        "ranks, or ordered classes",
        "a high quadratic weighted kappa",
        ("QuadraticWeightedKappa",),
    ),
    (
        "rank logits of a trained model",
        "the predicted ranks",
        ("ordinal_ranks",),
    ),
)
"""What you have, what you want, and the losses that fit."""
