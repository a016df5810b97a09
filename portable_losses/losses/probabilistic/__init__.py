"""Losses for predicted distributions."""

from portable_losses.losses.probabilistic.gaussian import GaussianNLL

__all__ = ["GaussianNLL"]
