"""Segmentation losses: overlap of regions, and distances of their borders."""

from portable_losses.losses.segmentation.boundary import Boundary
from portable_losses.losses.segmentation.centerline_dice import CenterlineDice
from portable_losses.losses.segmentation.dice import SoftDice
from portable_losses.losses.segmentation.focal_tversky import FocalTversky
from portable_losses.losses.segmentation.generalized_dice import GeneralizedDice
from portable_losses.losses.segmentation.hausdorff_dt import HausdorffDT
from portable_losses.losses.segmentation.jaccard import Jaccard
from portable_losses.losses.segmentation.keras_overlap import Dice, Tversky
from portable_losses.losses.segmentation.lovasz_hinge import LovaszHinge
from portable_losses.losses.segmentation.lovasz_softmax import LovaszSoftmax
from portable_losses.losses.segmentation.sensitivity_specificity import (
    SensitivitySpecificity,
)
from portable_losses.losses.segmentation.signed_distance import signed_distance
from portable_losses.losses.segmentation.soft_tversky import SoftTversky
from portable_losses.losses.segmentation.unified_focal import UnifiedFocal

__all__ = [
    "Boundary",
    "CenterlineDice",
    "Dice",
    "FocalTversky",
    "GeneralizedDice",
    "HausdorffDT",
    "Jaccard",
    "LovaszHinge",
    "LovaszSoftmax",
    "SensitivitySpecificity",
    "SoftDice",
    "SoftTversky",
    "Tversky",
    "UnifiedFocal",
    "signed_distance",
]

PROBLEMS = (
    ("maps of classes", "regions that overlap, however small", ("SoftDice",)),
    ("maps of classes", "a high mean IoU", ("LovaszSoftmax", "LovaszHinge", "Jaccard")),
    ("maps of classes", "borders that are close", ("HausdorffDT", "Boundary")),
    ("maps of classes", "distance maps for Boundary, made once", ("signed_distance",)),
    ("maps of classes", "one number per batch, as in Keras", ("Dice", "Tversky")),
    (
        "maps of classes",
        "small regions that are not missed",
        ("SoftTversky", "FocalTversky", "UnifiedFocal", "SensitivitySpecificity"),
    ),
    ("maps of classes", "classes of very different sizes", ("GeneralizedDice",)),
    ("maps of classes", "thin structures without breaks", ("CenterlineDice",)),
)
"""What you have, what you want, and the losses that fit."""
