"""Losses for real-valued targets."""

from portable_losses.losses.regression.absolute_error import MeanAbsoluteError
from portable_losses.losses.regression.cauchy import Cauchy
from portable_losses.losses.regression.concordance_correlation import (
    ConcordanceCorrelation,
)
from portable_losses.losses.regression.cosine_similarity import CosineSimilarity
from portable_losses.losses.regression.expectile import Expectile
from portable_losses.losses.regression.geman_mcclure import GemanMcClure
from portable_losses.losses.regression.general_robust import GeneralRobust
from portable_losses.losses.regression.huber import Huber, SmoothL1
from portable_losses.losses.regression.log_cosh import LogCosh
from portable_losses.losses.regression.percentage_error import (
    MeanAbsolutePercentageError,
    SymmetricMeanAbsolutePercentageError,
)
from portable_losses.losses.regression.poisson import Poisson
from portable_losses.losses.regression.prediction_penalty import PredictionPenalty
from portable_losses.losses.regression.pseudo_huber import Charbonnier, PseudoHuber
from portable_losses.losses.regression.quantile import Quantile
from portable_losses.losses.regression.scale_invariant_log import ScaleInvariantLog
from portable_losses.losses.regression.squared_error import MeanSquaredError
from portable_losses.losses.regression.squared_logarithmic_error import (
    MeanSquaredLogarithmicError,
)
from portable_losses.losses.regression.thresholded_absolute_error import (
    ThresholdedAbsoluteError,
)
from portable_losses.losses.regression.tukey_biweight import TukeyBiweight
from portable_losses.losses.regression.welsch import Welsch
from portable_losses.losses.regression.wing import AdaptiveWing, Wing

__all__ = [
    "AdaptiveWing",
    "Cauchy",
    "Charbonnier",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "Expectile",
    "GemanMcClure",
    "GeneralRobust",
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "PredictionPenalty",
    "PseudoHuber",
    "Quantile",
    "ScaleInvariantLog",
    "SmoothL1",
    "SymmetricMeanAbsolutePercentageError",
    "ThresholdedAbsoluteError",
    "TukeyBiweight",
    "Welsch",
    "Wing",
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
            "PseudoHuber",
            "Charbonnier",
            "GeneralRobust",
        ),
    ),
    (
        "real numbers with gross outliers",
        "a prediction that ignores them",
        ("Cauchy", "GemanMcClure", "Welsch", "TukeyBiweight", "GeneralRobust"),
    ),
    (
        "real numbers",
        "errors that stay within a tolerance",
        ("ThresholdedAbsoluteError",),
    ),
    ("real numbers", "quantiles, or an interval", ("Quantile",)),
    ("real numbers", "an expectile", ("Expectile",)),
    (
        "ratings, or a series of measurements",
        "agreement in correlation, scale and location",
        ("ConcordanceCorrelation",),
    ),
    ("coordinates of landmarks", "small errors below a pixel", ("Wing",)),
    ("heat maps of landmarks", "sharp peaks", ("AdaptiveWing",)),
    (
        "positive numbers of very different size",
        "small relative errors",
        (
            "MeanSquaredLogarithmicError",
            "MeanAbsolutePercentageError",
            "SymmetricMeanAbsolutePercentageError",
        ),
    ),
    (
        "depth maps, with unknown depths of 0",
        "the right ratios of depths",
        ("ScaleInvariantLog",),
    ),
    ("no targets", "small or sparse outputs", ("PredictionPenalty",)),
    ("counts", "a rate", ("Poisson",)),
    ("vectors", "the same direction", ("CosineSimilarity",)),
)
"""What you have, what you want, and the losses that fit."""
