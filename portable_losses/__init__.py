"""Losses for Keras 3: same value, same gradient, on TensorFlow, JAX and PyTorch."""

from typing import TYPE_CHECKING

# `_as_command` comes first, then `_backend`, which sets KERAS_BACKEND: both have to run
# before Keras is imported.
from portable_losses import (  # noqa: F401 - for what they do
    _as_command,
    _backend,
    layers,
    losses,
)
from portable_losses import ops as ops
from portable_losses.core import optimizers as _optimizers  # noqa: F401 - likewise
from portable_losses.core.loss import Loss as Loss
from portable_losses.layers import *
from portable_losses.losses.classification import *
from portable_losses.losses.detection import *
from portable_losses.losses.image import *
from portable_losses.losses.metric import *
from portable_losses.losses.ordinal import *
from portable_losses.losses.probabilistic import *
from portable_losses.losses.ranking import *
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
        *layers.__all__,
        *losses.classification.__all__,
        *losses.detection.__all__,
        *losses.image.__all__,
        *losses.metric.__all__,
        *losses.ordinal.__all__,
        *losses.probabilistic.__all__,
        *losses.ranking.__all__,
        *losses.regression.__all__,
        *losses.segmentation.__all__,
        *losses.sequence.__all__,
    ]

    # Here, since type checkers would take any name where a module has a `__getattr__`.
    def __getattr__(name):
        import difflib
        import importlib

        # The harness imports NumPy and more, which training does not need.
        if name == "parity":
            return importlib.import_module("portable_losses.parity")
        text = f"module 'portable_losses' has no attribute {name!r}"
        near = difflib.get_close_matches(name, __all__, n=1)
        if near:
            text += f" (did you mean {near[0]}?)"
        raise AttributeError(text, name=name)

    def __dir__():
        """The public names, which editors complete."""
        return sorted(
            (*__all__, "__all__", "__doc__", "__file__", "__name__", "__version__")
        )
