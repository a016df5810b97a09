"""Losses for maps of classes: overlap of regions."""

from portable_losses.losses.segmentation.dice import SoftDice
from portable_losses.losses.segmentation.keras_overlap import Dice, Tversky

__all__ = ["Dice", "SoftDice", "Tversky"]

PROBLEMS = (
    ("maps of classes", "regions that overlap, however small", ("SoftDice",)),
    (
        "maps of classes",
        "one number for the whole batch, as in Keras",
        (
            "Dice",
            "Tversky",
        ),
    ),
)
"""What you have, what you want, and the losses that fit."""
