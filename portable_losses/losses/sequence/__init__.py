"""Losses for sequences."""

from portable_losses.losses.sequence.ctc import CTC
from portable_losses.losses.sequence.linear_log_probability import (
    linear_log_probability,
)

__all__ = ["CTC", "linear_log_probability"]

PROBLEMS = (("sequences of labels without their times", "an alignment", ("CTC",)),)
"""What you have, what you want, and the losses that fit."""
