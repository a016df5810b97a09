"""Losses for sequences."""

from portable_losses.losses.sequence.ctc import CTC

__all__ = ["CTC"]

PROBLEMS = (("sequences of labels without their times", "an alignment", ("CTC",)),)
"""What you have, what you want, and the losses that fit."""
