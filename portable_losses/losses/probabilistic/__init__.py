"""Losses for predicted distributions."""

from portable_losses.losses.probabilistic.gaussian import GaussianNLL

__all__ = ["GaussianNLL"]

PROBLEMS = (
    ("real numbers with an unknown spread", "a mean and a variance", ("GaussianNLL",)),
)
"""What you have, what you want, and the losses that fit."""
