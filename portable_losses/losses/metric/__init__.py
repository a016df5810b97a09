"""Losses for embeddings: pairs, labels and views of a batch."""

from portable_losses.losses.metric.arcface import ArcFace
from portable_losses.losses.metric.barlow_twins import BarlowTwins
from portable_losses.losses.metric.circle import Circle
from portable_losses.losses.metric.clip import CLIP
from portable_losses.losses.metric.contrastive import Contrastive
from portable_losses.losses.metric.cosface import CosFace
from portable_losses.losses.metric.cosine_embedding import CosineEmbedding
from portable_losses.losses.metric.info_nce import InfoNCE
from portable_losses.losses.metric.multi_similarity import MultiSimilarity
from portable_losses.losses.metric.negative_cosine import NegativeCosine
from portable_losses.losses.metric.npairs import NPairs
from portable_losses.losses.metric.nt_xent import NTXent
from portable_losses.losses.metric.pair_contrastive import PairContrastive
from portable_losses.losses.metric.proxy_anchor import ProxyAnchor
from portable_losses.losses.metric.siglip import SigLIP
from portable_losses.losses.metric.supervised_contrastive import SupervisedContrastive
from portable_losses.losses.metric.triplet import Triplet
from portable_losses.losses.metric.triplet_views import TripletViews
from portable_losses.losses.metric.vicreg import VICReg

__all__ = [
    "CLIP",
    "ArcFace",
    "BarlowTwins",
    "Circle",
    "Contrastive",
    "CosFace",
    "CosineEmbedding",
    "InfoNCE",
    "MultiSimilarity",
    "NPairs",
    "NTXent",
    "NegativeCosine",
    "PairContrastive",
    "ProxyAnchor",
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
        ("VICReg", "BarlowTwins", "NegativeCosine"),
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
        "images and their texts, or other pairs of two kinds",
        "embeddings in which each finds its partner",
        ("CLIP", "SigLIP"),
    ),
)
"""What you have, what you want, and the losses that fit."""
