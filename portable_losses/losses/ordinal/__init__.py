"""Losses for ordered classes."""

from portable_losses.losses.ordinal.coral import Coral

__all__ = ["Coral"]

PROBLEMS = (
    (
        "ranks, or ordered classes",
        "a rank, with small errors before large ones",
        ("Coral",),
    ),
)
"""What you have, what you want, and the losses that fit."""
