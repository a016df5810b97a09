"""Losses for maps of classes: overlap of regions."""

from portable_losses.losses.segmentation.boundary import Boundary
from portable_losses.losses.segmentation.dice import SoftDice
from portable_losses.losses.segmentation.hausdorff_dt import HausdorffDT
from portable_losses.losses.segmentation.keras_overlap import Dice, Tversky
from portable_losses.losses.segmentation.lovasz_hinge import LovaszHinge
from portable_losses.losses.segmentation.lovasz_softmax import LovaszSoftmax
from portable_losses.losses.segmentation.signed_distance import signed_distance

__all__ = [
    "Boundary",
    "Dice",
    "HausdorffDT",
    "LovaszHinge",
    "LovaszSoftmax",
    "SoftDice",
    "Tversky",
    "signed_distance",
]

PROBLEMS = (
    ("maps of classes", "regions that overlap, however small", ("SoftDice",)),
    ("maps of classes", "a high mean IoU", ("LovaszSoftmax", "LovaszHinge")),
    ("maps of classes", "borders that are close", ("HausdorffDT", "Boundary")),
    ("maps of classes", "distance maps for Boundary, made once", ("signed_distance",)),
    ("maps of classes", "one number a batch, as in Keras", ("Dice", "Tversky")),
)
"""What you have, what you want, and the losses that fit."""
