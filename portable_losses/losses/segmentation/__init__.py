"""Losses for maps of classes: overlap of regions."""

from portable_losses.losses.segmentation.centerline_dice import CenterlineDice
from portable_losses.losses.segmentation.dice import SoftDice
from portable_losses.losses.segmentation.focal_tversky import FocalTversky
from portable_losses.losses.segmentation.generalized_dice import GeneralizedDice
from portable_losses.losses.segmentation.jaccard import Jaccard
from portable_losses.losses.segmentation.keras_overlap import Dice, Tversky
from portable_losses.losses.segmentation.lovasz_hinge import LovaszHinge
from portable_losses.losses.segmentation.lovasz_softmax import LovaszSoftmax
from portable_losses.losses.segmentation.sensitivity_specificity import (
    SensitivitySpecificity,
)
from portable_losses.losses.segmentation.soft_tversky import SoftTversky
from portable_losses.losses.segmentation.unified_focal import UnifiedFocal

__all__ = [
    "CenterlineDice",
    "Dice",
    "FocalTversky",
    "GeneralizedDice",
    "Jaccard",
    "LovaszHinge",
    "LovaszSoftmax",
    "SensitivitySpecificity",
    "SoftDice",
    "SoftTversky",
    "Tversky",
    "UnifiedFocal",
]

PROBLEMS = (
    ("maps of classes", "regions that overlap, however small", ("SoftDice",)),
    ("maps of classes", "a high mean IoU", ("LovaszSoftmax", "LovaszHinge", "Jaccard")),
    (
        "maps of classes",
        "small regions that are not missed",
        ("SoftTversky", "FocalTversky", "UnifiedFocal", "SensitivitySpecificity"),
    ),
    ("maps of classes", "classes of very different sizes", ("GeneralizedDice",)),
    ("maps of classes", "thin structures without breaks", ("CenterlineDice",)),
    ("maps of classes", "one number a batch, as in Keras", ("Dice", "Tversky")),
)
"""What you have, what you want, and the losses that fit."""
