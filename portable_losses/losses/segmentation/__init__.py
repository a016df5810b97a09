"""Losses for maps of classes: overlap of regions."""

from portable_losses.losses.segmentation.dice import SoftDice
from portable_losses.losses.segmentation.keras_overlap import Dice, Tversky
from portable_losses.losses.segmentation.lovasz_hinge import LovaszHinge
from portable_losses.losses.segmentation.lovasz_softmax import LovaszSoftmax

__all__ = ["Dice", "LovaszHinge", "LovaszSoftmax", "SoftDice", "Tversky"]

PROBLEMS = (
    ("maps of classes", "regions that overlap, however small", ("SoftDice",)),
    ("maps of classes", "a high mean IoU", ("LovaszSoftmax", "LovaszHinge")),
    ("maps of classes", "one number a batch, as in Keras", ("Dice", "Tversky")),
)
"""What you have, what you want, and the losses that fit."""
