"""Losses for maps of classes: overlap of regions."""

from portable_losses.losses.segmentation.dice import SoftDice
from portable_losses.losses.segmentation.keras_overlap import Dice, Tversky

__all__ = ["Dice", "SoftDice", "Tversky"]
