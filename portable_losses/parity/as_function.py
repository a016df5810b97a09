"""`as_function`: a loss as the function that a backend differentiates."""

import inspect
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

    moving = [w.variable for w in getattr(loss, "hyperparameters", ())]
    return run if not moving else _given(moving, run)


def _given(variables: list[Any], run: LossFunction) -> LossFunction:
    """The function of a loss that reads variables, which are passed as arguments.

    No variable is assigned here. The loss raises an error for variables that compiled
    code would take as constants.
    """

    def with_state(*args: Any) -> Any:
        state = [(v, v + keras.ops.zeros(v.shape, v.dtype)) for v in variables]
        with keras.StatelessScope(state):
            return run(*args)

    return with_state
