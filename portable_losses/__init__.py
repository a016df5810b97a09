"""Losses for Keras 3: same value, same gradient, on TensorFlow, JAX and PyTorch."""

from typing import TYPE_CHECKING

# `_backend` comes first: it sets KERAS_BACKEND before Keras is imported.
from portable_losses import _backend, losses  # noqa: F401 - for what it does
from portable_losses import ops as ops
from portable_losses.core import optimizers as _optimizers  # noqa: F401 - likewise
<<<<<<< HEAD
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
=======
from portable_losses.core.loss import Loss as Loss
from portable_losses.losses.classification import *
from portable_losses.losses.detection import *
from portable_losses.losses.metric import *
from portable_losses.losses.ordinal import *
from portable_losses.losses.probabilistic import *
from portable_losses.losses.regression import *
from portable_losses.losses.segmentation import *
from portable_losses.losses.sequence import *
from portable_losses.training.diagnose import diagnose as diagnose
from portable_losses.training.endpoint import LossEndpoint as LossEndpoint
from portable_losses.training.function import loss as loss
from portable_losses.training.hyperparameter import Hyperparameter as Hyperparameter
from portable_losses.training.scheduler import (
    HyperparameterScheduler as HyperparameterScheduler,
)
from portable_losses.training.sum import Sum as Sum
>>>>>>> places

__version__ = "0.1.0"

# Type checkers read what is public from the imports above: `X as X`, and `import *` of
# a family, whose `__init__.py` lists its losses. mypy would take an `__all__` that is
# put together for an empty one.
if TYPE_CHECKING:
    from portable_losses import parity as parity
else:
    __all__ = [
        "Hyperparameter",
        "HyperparameterScheduler",
        "Loss",
        "LossEndpoint",
        "Sum",
        "diagnose",
        "loss",
        "ops",
        "parity",
        *losses.classification.__all__,
        *losses.detection.__all__,
        *losses.metric.__all__,
        *losses.ordinal.__all__,
        *losses.probabilistic.__all__,
        *losses.regression.__all__,
        *losses.segmentation.__all__,
        *losses.sequence.__all__,
    ]

    # Here, since type checkers would take any name where a module has a `__getattr__`.
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

    def __dir__():
        """What editors offer: the public names, and not what they are made of."""
        return sorted(
            (*__all__, "__all__", "__doc__", "__file__", "__name__", "__version__")
        )
