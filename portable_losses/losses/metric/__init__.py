"""Losses for embeddings: pairs, labels and views of a batch."""

from portable_losses.losses.metric.circle import Circle
from portable_losses.losses.metric.supervised_contrastive import SupervisedContrastive
from portable_losses.losses.metric.triplet import Triplet
from portable_losses.losses.metric.vicreg import VICReg

__all__ = ["Circle", "SupervisedContrastive", "Triplet", "VICReg"]

PROBLEMS = (
    (
        "embeddings and labels",
        "samples of a class close to each other",
        ("Triplet", "SupervisedContrastive", "Circle"),
    ),
    (
        "two views of each sample, and no labels",
        "embeddings that agree and do not collapse",
        ("VICReg",),
    ),
)
"""What you have, what you want, and the losses that fit."""
