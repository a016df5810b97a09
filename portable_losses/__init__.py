"""Losses for Keras 3: same value, same gradient, on TensorFlow, JAX and PyTorch."""

from typing import TYPE_CHECKING

# `_backend` comes first: it sets KERAS_BACKEND before Keras is imported.
from portable_losses import _backend, ops  # noqa: F401 - for what it does
from portable_losses.core import optimizers as _optimizers  # noqa: F401 - likewise
from portable_losses.core.loss import Loss
from portable_losses.losses.classification.binary_crossentropy import BinaryCrossentropy
from portable_losses.losses.classification.binary_focal import BinaryFocalCrossentropy
from portable_losses.losses.classification.categorical_crossentropy import (
    CategoricalCrossentropy,
)
from portable_losses.losses.classification.categorical_focal import (
    CategoricalFocalCrossentropy,
)
from portable_losses.losses.classification.categorical_hinge import CategoricalHinge
from portable_losses.losses.classification.generalized_crossentropy import (
    CategoricalGeneralizedCrossEntropy,
)
from portable_losses.losses.classification.hinge import Hinge, SquaredHinge
from portable_losses.losses.classification.kl_divergence import KLDivergence
from portable_losses.losses.classification.sigmoid_focal import SigmoidFocal
from portable_losses.losses.classification.sparse_categorical_crossentropy import (
    SparseCategoricalCrossentropy,
)
from portable_losses.losses.classification.sparse_categorical_focal import (
    SparseCategoricalFocalCrossentropy,
)
from portable_losses.losses.detection.iou import GeneralizedIoU
from portable_losses.losses.metric.circle import Circle
from portable_losses.losses.metric.supervised_contrastive import SupervisedContrastive
from portable_losses.losses.metric.vicreg import VICReg
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
from portable_losses.losses.segmentation.dice import SoftDice
from portable_losses.losses.segmentation.keras_overlap import Dice, Tversky
from portable_losses.losses.sequence.ctc import CTC
from portable_losses.training.diagnose import diagnose
from portable_losses.training.endpoint import LossEndpoint
from portable_losses.training.function import loss
from portable_losses.training.hyperparameter import Hyperparameter
from portable_losses.training.scheduler import HyperparameterScheduler
from portable_losses.training.sum import Sum

__version__ = "0.1.0"

__all__ = [
    "CTC",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "Coral",
    "CosineSimilarity",
    "Dice",
    "GaussianNLL",
    "GeneralizedIoU",
    "Hinge",
    "Huber",
    "Hyperparameter",
    "HyperparameterScheduler",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossEndpoint",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "Quantile",
    "SigmoidFocal",
    "SmoothL1",
    "SoftDice",
    "SparseCategoricalCrossentropy",
    "SparseCategoricalFocalCrossentropy",
    "SquaredHinge",
    "Sum",
    "SupervisedContrastive",
    "SymmetricMeanAbsolutePercentageError",
    "Tversky",
    "VICReg",
    "diagnose",
    "loss",
    "ops",
    "parity",
]


if TYPE_CHECKING:  # who would take any name, where a module has a `__getattr__`
    from portable_losses import parity
else:

    def __getattr__(name):
        import difflib
        import importlib

        # The harness needs NumPy and more; whoever trains should not wait for it.
        if name == "parity":
            return importlib.import_module("portable_losses.parity")
        text = f"module 'portable_losses' has no attribute {name!r}"
        near = difflib.get_close_matches(name, __all__, n=1)
        if near:
            text += f" (did you mean {near[0]}?)"
        raise AttributeError(text, name=name)


def __dir__() -> list[str]:
    """What editors offer: the public names, and not what they are made of."""
    return sorted(
        (*__all__, "__all__", "__doc__", "__file__", "__name__", "__version__")
    )
