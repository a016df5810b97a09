"""Losses for Keras 3: same value, same gradient, on TensorFlow, JAX and PyTorch."""

from portable_losses import ops
from portable_losses.core.loss import Loss
from portable_losses.losses.classification.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from portable_losses.losses.regression.huber import Huber
from portable_losses.losses.regression.squared_error import MeanSquaredError

__version__ = "0.1.0"

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Huber",
    "Loss",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "ops",
]
