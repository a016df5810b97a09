"""Losses for ordered classes."""

from portable_losses.losses.ordinal.coral import Coral

__all__ = ["Coral"]
