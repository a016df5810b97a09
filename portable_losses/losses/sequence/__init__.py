"""Losses for sequences."""

from portable_losses.losses.sequence.ctc import CTC

__all__ = ["CTC"]
