"""Losses for embeddings: pairs, labels and views of a batch."""

from portable_losses.losses.metric.arcface import ArcFace
from portable_losses.losses.metric.circle import Circle
from portable_losses.losses.metric.contrastive import Contrastive
from portable_losses.losses.metric.cosface import CosFace
from portable_losses.losses.metric.multi_similarity import MultiSimilarity
from portable_losses.losses.metric.npairs import NPairs
from portable_losses.losses.metric.pair_contrastive import PairContrastive
from portable_losses.losses.metric.proxy_anchor import ProxyAnchor
from portable_losses.losses.metric.supervised_contrastive import SupervisedContrastive
from portable_losses.losses.metric.triplet import Triplet
from portable_losses.losses.metric.vicreg import VICReg

__all__ = [
    "ArcFace",
    "Circle",
    "Contrastive",
    "CosFace",
    "MultiSimilarity",
    "NPairs",
    "PairContrastive",
    "ProxyAnchor",
    "SupervisedContrastive",
    "Triplet",
    "VICReg",
]

PROBLEMS = (
    (
        "embeddings and labels",
        "samples of a class close to each other",
        (
            "Triplet",
            "SupervisedContrastive",
            "MultiSimilarity",
            "Circle",
            "Contrastive",
            "NPairs",
        ),
    ),
    (
        "embeddings, labels and a center for each class (`CosineDense`)",
        "samples close to the center of their class",
        ("ArcFace", "CosFace", "ProxyAnchor"),
    ),
    (
        "distances of pairs, and whether they belong together",
        "small distances where they do, large ones where they do not",
        ("PairContrastive",),
    ),
    (
        "two views of each sample, and no labels",
        "embeddings that agree and do not collapse",
        ("VICReg",),
    ),
)
"""What you have, what you want, and the losses that fit."""
