"""The loss of Keras that a drop-in of ours replaces, and the arguments for it."""

import inspect
from collections.abc import Callable
from typing import Any

import keras

from portable_losses.parity.case import Case
from portable_losses.parity.cases import DROP_INS
from portable_losses.parity.lane import Lane

WEIGHING = ("class_weights", "pos_weight", "label_smoothing")
"""Arguments of ours that do not change which inputs a loss takes."""


def find_original(case: Case) -> Callable[[], Any] | None:
    """A function that finds the loss of Keras that a drop-in replaces; None for others.

    The function returns None if this Keras has no such loss.
    """
    if case.loss not in DROP_INS:
        return None
    return lambda: getattr(keras.losses, case.loss, None)


def positional(loss: Callable[..., Any]) -> list[tuple[str, Any]]:
    """The positional arguments, with their defaults."""
    return [
        (p.name, p.default)
        for p in inspect.signature(loss).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


def shown(arguments: list[tuple[str, Any]]) -> str:
    """Arguments as they are written in code."""
    return "(" + ", ".join(f"{name}={value!r}" for name, value in arguments) + ")"


def shared(lane: Lane, original: Callable[..., Any]) -> dict[str, Any] | None:
    """The arguments of a case that Keras's loss has too; those of `WEIGHING` are
    dropped.

    None if the case sets another argument that Keras's loss does not have.
    """
    if getattr(lane.make(), "hyperparameters", ()):
        return None
    known = inspect.signature(original).parameters
    rest = {k: v for k, v in lane.case.config.items() if k in known}
    own = set(lane.case.config) - set(rest)
    return rest if own <= set(WEIGHING) else None
