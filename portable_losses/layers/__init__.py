"""Layers that stand between a model and its loss, and may own weights."""

from portable_losses.layers.cosine_dense import CosineDense
from portable_losses.layers.linear_chain_crf import LinearChainCRF
from portable_losses.layers.linear_crossentropy import LinearCrossentropy
from portable_losses.layers.stack_views import StackViews

__all__ = ["CosineDense", "LinearChainCRF", "LinearCrossentropy", "StackViews"]
