"""Losses for classes: binary, categorical and sparse forms together."""

from portable_losses.losses.classification.asymmetric_multi_label import (
    AsymmetricMultiLabel,
)
from portable_losses.losses.classification.asymmetric_single_label import (
    AsymmetricSingleLabel,
)
from portable_losses.losses.classification.bi_tempered import BiTempered
from portable_losses.losses.classification.binary_crossentropy import BinaryCrossentropy
from portable_losses.losses.classification.binary_focal import BinaryFocalCrossentropy
from portable_losses.losses.classification.categorical_crossentropy import (
    CategoricalCrossentropy,
)
from portable_losses.losses.classification.categorical_focal import (
    CategoricalFocalCrossentropy,
)
from portable_losses.losses.classification.categorical_hinge import CategoricalHinge
from portable_losses.losses.classification.class_balanced_weights import (
    class_balanced_weights,
)
from portable_losses.losses.classification.distribution_focal import DistributionFocal
from portable_losses.losses.classification.generalized_crossentropy import (
    CategoricalGeneralizedCrossEntropy,
)
from portable_losses.losses.classification.hinge import Hinge, SquaredHinge
from portable_losses.losses.classification.kl_divergence import KLDivergence
from portable_losses.losses.classification.ldam import LDAM
from portable_losses.losses.classification.logit_adjusted import LogitAdjusted
from portable_losses.losses.classification.matthews_correlation import (
    MatthewsCorrelation,
)
from portable_losses.losses.classification.penalty_reduced_focal import (
    PenaltyReducedFocal,
)
from portable_losses.losses.classification.poly_binary_crossentropy import (
    PolyBinaryCrossentropy,
)
from portable_losses.losses.classification.poly_crossentropy import PolyCrossentropy
from portable_losses.losses.classification.quality_focal import QualityFocal
from portable_losses.losses.classification.sigmoid_focal import SigmoidFocal
from portable_losses.losses.classification.soft_f1 import SoftF1
from portable_losses.losses.classification.sparse_categorical_crossentropy import (
    SparseCategoricalCrossentropy,
)
from portable_losses.losses.classification.sparse_categorical_focal import (
    SparseCategoricalFocalCrossentropy,
)
from portable_losses.losses.classification.sparsemax import Sparsemax
from portable_losses.losses.classification.symmetric_crossentropy import (
    SymmetricCrossentropy,
)
from portable_losses.losses.classification.top_k_crossentropy import TopKCrossentropy
from portable_losses.losses.classification.varifocal import Varifocal

__all__ = [
    "LDAM",
    "AsymmetricMultiLabel",
    "AsymmetricSingleLabel",
    "BiTempered",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "DistributionFocal",
    "Hinge",
    "KLDivergence",
    "LogitAdjusted",
    "MatthewsCorrelation",
    "PenaltyReducedFocal",
    "PolyBinaryCrossentropy",
    "PolyCrossentropy",
    "QualityFocal",
    "SigmoidFocal",
    "SoftF1",
    "SparseCategoricalCrossentropy",
    "SparseCategoricalFocalCrossentropy",
    "Sparsemax",
    "SquaredHinge",
    "SymmetricCrossentropy",
    "TopKCrossentropy",
    "Varifocal",
    "class_balanced_weights",
]

PROBLEMS = (
    ("one-hot or soft labels", "the likeliest class", ("CategoricalCrossentropy",)),
    ("class indices", "the likeliest class", ("SparseCategoricalCrossentropy",)),
    (
        "binary labels, several per sample",
        "a probability each",
        ("BinaryCrossentropy",),
    ),
    (
        "times to an event, some of them censored: 0 or 1 for each interval, with "
        "a mask over those after the event or the censoring",
        "the hazard of each interval (discrete-time survival)",
        ("BinaryCrossentropy",),
    ),
    (
        "labels, most of them easy or of one class",
        "attention to the hard and rare ones",
        (
            "BinaryFocalCrossentropy",
            "CategoricalFocalCrossentropy",
            "SparseCategoricalFocalCrossentropy",
            "SigmoidFocal",
        ),
    ),
    (
        "several labels of many per sample, most of them absent",
        "attention to the labels that are present",
        ("AsymmetricMultiLabel",),
    ),
    (
        "class indices, one-hot or soft labels",
        "less attention to easy samples, and a separate focusing for the other classes",
        ("AsymmetricSingleLabel",),
    ),
    (
        "labels, rare classes among them",
        "a high F1 score or correlation coefficient of the batch",
        ("SoftF1", "MatthewsCorrelation"),
    ),
    (
        "for each anchor of a detector, the quality of its box or the bin of a side",
        "scores that rank boxes by quality, and distributions of box sides",
        ("QualityFocal", "Varifocal", "DistributionFocal"),
    ),
    (
        "heat maps with a peak at the center of each object, or each keypoint",
        "a detector without anchors",
        ("PenaltyReducedFocal",),
    ),
    (
        "noisy labels",
        "a model that does not learn the wrong ones",
        ("CategoricalGeneralizedCrossEntropy", "SymmetricCrossentropy", "BiTempered"),
    ),
    (
        "labels",
        "a margin between classes, and no probabilities",
        ("Hinge", "SquaredHinge", "CategoricalHinge"),
    ),
    (
        "distributions over classes, of a teacher or of several annotators",
        "predictions close to them",
        ("KLDivergence",),
    ),
    (
        "labels, and the number of samples of each class",
        "rare classes predicted as well as frequent ones",
        ("LogitAdjusted", "LDAM", "class_balanced_weights"),
    ),
    ("labels of many items", "the hardest items alone", ("TopKCrossentropy",)),
    (
        "labels",
        "cross-entropy with one more parameter to tune",
        ("PolyCrossentropy", "PolyBinaryCrossentropy"),
    ),
    ("labels", "distributions in which most classes have 0", ("Sparsemax",)),
)
"""What you have, what you want, and the losses that fit."""
