"""Losses for classes: binary, categorical and sparse forms together."""

from portable_losses.losses.classification.binary_crossentropy import (
    BinaryCrossentropy,
)
from portable_losses.losses.classification.binary_focal import (
    BinaryFocalCrossentropy,
)
from portable_losses.losses.classification.categorical_crossentropy import (
    CategoricalCrossentropy,
)
from portable_losses.losses.classification.categorical_focal import (
    CategoricalFocalCrossentropy,
)
from portable_losses.losses.classification.categorical_hinge import (
    CategoricalHinge,
)
from portable_losses.losses.classification.generalized_crossentropy import (
    CategoricalGeneralizedCrossEntropy,
)
from portable_losses.losses.classification.hinge import (
    Hinge,
    SquaredHinge,
)
from portable_losses.losses.classification.kl_divergence import (
    KLDivergence,
)
from portable_losses.losses.classification.sigmoid_focal import (
    SigmoidFocal,
)
from portable_losses.losses.classification.sparse_categorical_crossentropy import (
    SparseCategoricalCrossentropy,
)
from portable_losses.losses.classification.sparse_categorical_focal import (
    SparseCategoricalFocalCrossentropy,
)

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Hinge",
    "KLDivergence",
    "SigmoidFocal",
    "SparseCategoricalCrossentropy",
    "SparseCategoricalFocalCrossentropy",
    "SquaredHinge",
]
