"""Layers that belong to losses: what a loss needs and a model learns."""

from portable_losses.layers.cosine_dense import CosineDense

__all__ = ["CosineDense"]
