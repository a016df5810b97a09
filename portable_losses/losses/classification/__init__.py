"""Losses for classes: binary, categorical and sparse forms together."""

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
from portable_losses.losses.classification.generalized_crossentropy import (
    CategoricalGeneralizedCrossEntropy,
)
from portable_losses.losses.classification.hinge import Hinge, SquaredHinge
from portable_losses.losses.classification.kl_divergence import KLDivergence
from portable_losses.losses.classification.ldam import LDAM
from portable_losses.losses.classification.logit_adjusted import LogitAdjusted
from portable_losses.losses.classification.poly_binary_crossentropy import (
    PolyBinaryCrossentropy,
)
from portable_losses.losses.classification.poly_crossentropy import PolyCrossentropy
from portable_losses.losses.classification.sigmoid_focal import SigmoidFocal
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

__all__ = [
    "LDAM",
    "BiTempered",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Hinge",
    "KLDivergence",
    "LogitAdjusted",
    "PolyBinaryCrossentropy",
    "PolyCrossentropy",
    "SigmoidFocal",
    "SparseCategoricalCrossentropy",
    "SparseCategoricalFocalCrossentropy",
    "Sparsemax",
    "SquaredHinge",
    "SymmetricCrossentropy",
    "TopKCrossentropy",
    "class_balanced_weights",
]

PROBLEMS = (
    ("one-hot or soft labels", "the likeliest class", ("CategoricalCrossentropy",)),
    ("class indices", "the likeliest class", ("SparseCategoricalCrossentropy",)),
    (
        "yes/no labels, several per sample",
        "a probability each",
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
        "noisy labels",
        "a model that does not learn the wrong ones",
        ("CategoricalGeneralizedCrossEntropy", "SymmetricCrossentropy", "BiTempered"),
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
    (
        "labels",
        "a margin between classes, and no probabilities",
        (
            "Hinge",
            "SquaredHinge",
            "CategoricalHinge",
        ),
    ),
    (
        "distributions over classes, of a teacher or of several annotators",
        "predictions close to them",
        ("KLDivergence",),
    ),
)
"""What you have, what you want, and the losses that fit."""
