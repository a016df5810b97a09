"""Losses for embeddings: pairs, labels and views of a batch."""

from portable_losses.losses.metric.barlow_twins import BarlowTwins
from portable_losses.losses.metric.circle import Circle
from portable_losses.losses.metric.clip import CLIP
from portable_losses.losses.metric.cosine_embedding import CosineEmbedding
from portable_losses.losses.metric.info_nce import InfoNCE
from portable_losses.losses.metric.negative_cosine import NegativeCosine
from portable_losses.losses.metric.nt_xent import NTXent
from portable_losses.losses.metric.siglip import SigLIP
from portable_losses.losses.metric.supervised_contrastive import SupervisedContrastive
from portable_losses.losses.metric.triplet import Triplet
from portable_losses.losses.metric.triplet_views import TripletViews
from portable_losses.losses.metric.vicreg import VICReg

__all__ = [
    "CLIP",
    "BarlowTwins",
    "Circle",
    "CosineEmbedding",
    "InfoNCE",
    "NTXent",
    "NegativeCosine",
    "SigLIP",
    "SupervisedContrastive",
    "Triplet",
    "TripletViews",
    "VICReg",
]

PROBLEMS = (
    (
        "embeddings and labels",
        "samples of a class close to each other",
        ("Triplet", "SupervisedContrastive", "Circle"),
    ),
    (
        "pairs of embeddings that belong together or not",
        "a small angle between those that do, and a large one between others",
        ("CosineEmbedding",),
    ),
    (
        "triplets: an anchor, a positive and a negative",
        "anchors closer to their positive than to their negative",
        ("TripletViews",),
    ),
    (
        "two views of each sample, and no labels",
        "views of a sample close to each other, far from those of other samples",
        ("InfoNCE", "NTXent"),
    ),
    (
        "two views of each sample, and no labels",
        "embeddings that agree and do not collapse",
        ("VICReg", "BarlowTwins", "NegativeCosine"),
    ),
    (
        "images and their texts, or other pairs of two kinds",
        "embeddings in which each finds its partner",
        ("CLIP", "SigLIP"),
    ),
)
"""What you have, what you want, and the losses that fit."""
