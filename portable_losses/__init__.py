"""Losses for Keras 3: same value, same gradient, on TensorFlow, JAX and PyTorch."""

from portable_losses import ops
from portable_losses.core.loss import Loss
from portable_losses.losses.classification.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from portable_losses.losses.classification.hinge import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
)
from portable_losses.losses.ordinal.coral import Coral
from portable_losses.losses.probabilistic.gaussian import GaussianNLL
from portable_losses.losses.regression.absolute_error import MeanAbsoluteError
from portable_losses.losses.regression.cosine_similarity import CosineSimilarity
from portable_losses.losses.regression.huber import Huber, SmoothL1
from portable_losses.losses.regression.log_cosh import LogCosh
from portable_losses.losses.regression.percentage_error import (
    MeanAbsolutePercentageError,
    SymmetricMeanAbsolutePercentageError,
)
from portable_losses.losses.regression.poisson import Poisson
from portable_losses.losses.regression.quantile import Quantile
from portable_losses.losses.regression.squared_error import MeanSquaredError
from portable_losses.losses.regression.squared_logarithmic_error import (
    MeanSquaredLogarithmicError,
)

__version__ = "0.1.0"

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "Coral",
    "CosineSimilarity",
    "GaussianNLL",
    "Hinge",
    "Huber",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "Quantile",
    "SmoothL1",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "SymmetricMeanAbsolutePercentageError",
    "ops",
]
