"""`as_function`: a loss as the function that a backend differentiates."""

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

import keras

from portable_losses.parity.autodiff import LossFunction


def as_function(loss: Any) -> LossFunction:
    """A loss, ours or Keras's, as a function of four arguments."""
    takes_mask = "mask" in inspect.signature(type(loss).__call__).parameters

    def run(t: Any, p: Any, w: Any = None, m: Any = None) -> Any:
        if takes_mask:
            return loss(t, p, w, m)
        return loss(t, p, w)

    return state_of(loss)(run) if getattr(loss, "hyperparameters", ()) else run


@contextlib.contextmanager
def state_of(loss: Any) -> Iterator[None]:
    """Make the variables that a loss reads tensors of the code that runs here.

    No variable is assigned. The loss raises an error for variables that compiled code
    would take as constants.
    """
    variables = [w.variable for w in getattr(loss, "hyperparameters", ())]
    state = [(v, v + keras.ops.zeros(v.shape, v.dtype)) for v in variables]
    with keras.StatelessScope(state) if state else contextlib.nullcontext():
        yield
