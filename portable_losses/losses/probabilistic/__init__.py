"""Losses for predicted distributions."""

from portable_losses.losses.probabilistic.beta_nll import BetaNLL
from portable_losses.losses.probabilistic.brier import Brier
from portable_losses.losses.probabilistic.ensemble_crps import EnsembleCRPS
from portable_losses.losses.probabilistic.evidential import EvidentialRegression
from portable_losses.losses.probabilistic.gamma import GammaNLL
from portable_losses.losses.probabilistic.gaussian import GaussianNLL
from portable_losses.losses.probabilistic.gaussian_crps import GaussianCRPS
from portable_losses.losses.probabilistic.jensen_shannon import JensenShannon
from portable_losses.losses.probabilistic.laplace import LaplaceNLL
from portable_losses.losses.probabilistic.mixture_density import MixtureDensity
from portable_losses.losses.probabilistic.negative_binomial import NegativeBinomialNLL
from portable_losses.losses.probabilistic.poisson_nll import PoissonNLL
from portable_losses.losses.probabilistic.student_t import StudentTNLL
from portable_losses.losses.probabilistic.tweedie import Tweedie

__all__ = [
    "BetaNLL",
    "Brier",
    "EnsembleCRPS",
    "EvidentialRegression",
    "GammaNLL",
    "GaussianCRPS",
    "GaussianNLL",
    "JensenShannon",
    "LaplaceNLL",
    "MixtureDensity",
    "NegativeBinomialNLL",
    "PoissonNLL",
    "StudentTNLL",
    "Tweedie",
]

PROBLEMS = (
    (
        "real numbers with an unknown spread",
        "a mean and a variance",
        ("GaussianNLL", "BetaNLL", "GaussianCRPS"),
    ),
    (
        "real numbers with an unknown spread and outliers",
        "a center and a scale",
        ("LaplaceNLL", "StudentTNLL"),
    ),
    (
        "real numbers with several likely values",
        "a whole distribution",
        ("MixtureDensity",),
    ),
    (
        "real numbers",
        "a mean, with aleatoric (noise) and epistemic uncertainty",
        ("EvidentialRegression",),
    ),
    ("real numbers", "an ensemble of forecasts", ("EnsembleCRPS",)),
    ("counts", "their rate, or rate and spread", ("PoissonNLL", "NegativeBinomialNLL")),
    ("amounts, many of them 0", "their mean", ("Tweedie",)),
    ("positive amounts, such as durations or costs", "their mean", ("GammaNLL",)),
    ("labels", "calibrated probabilities", ("Brier",)),
    (
        "noisy labels, or distributions over classes",
        "predictions close to them, at a bounded cost",
        ("JensenShannon",),
    ),
)
"""What you have, what you want, and the losses that fit."""
