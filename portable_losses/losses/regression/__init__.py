"""Losses for real-valued targets."""

from portable_losses.losses.regression.absolute_error import MeanAbsoluteError
from portable_losses.losses.regression.cosine_similarity import CosineSimilarity
from portable_losses.losses.regression.general_robust import GeneralRobust
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

__all__ = [
    "CosineSimilarity",
    "GeneralRobust",
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "Quantile",
    "SmoothL1",
    "SymmetricMeanAbsolutePercentageError",
]

PROBLEMS = (
    ("real numbers", "the mean", ("MeanSquaredError",)),
    ("real numbers", "the median", ("MeanAbsoluteError",)),
    (
        "real numbers with outliers",
        "a prediction that follows most of them",
        (
            "Huber",
            "SmoothL1",
            "LogCosh",
            "GeneralRobust",
        ),
    ),
    ("real numbers", "quantiles, or an interval", ("Quantile",)),
    (
        "positive numbers of unlike size",
        "small relative errors",
        (
            "MeanSquaredLogarithmicError",
            "MeanAbsolutePercentageError",
            "SymmetricMeanAbsolutePercentageError",
        ),
    ),
    ("counts", "a rate", ("Poisson",)),
    ("vectors", "the same direction", ("CosineSimilarity",)),
)
"""What you have, what you want, and the losses that fit."""
