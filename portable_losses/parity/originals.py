"""The loss of Keras that one of ours stands in for: where it is, what it is asked."""

import inspect
from collections.abc import Callable
from typing import Any

import keras

from portable_losses.parity.case import Case
from portable_losses.parity.cases import DROP_INS
from portable_losses.parity.lane import Lane

WEIGHING = ("class_weights", "pos_weight", "label_smoothing")
"""Our own arguments without which a loss is still a loss of the same inputs."""


def find_original(case: Case) -> Callable[[], Any] | None:
    """What finds the loss of Keras that a case's loss stands in for; None for others.

    It returns None where this Keras has no such loss.
    """
    if case.loss not in DROP_INS:
        return None
    return lambda: getattr(keras.losses, case.loss, None)


def positional(loss: Callable[..., Any]) -> list[tuple[str, Any]]:
    """The arguments that may be given by position, with their defaults."""
    return [
        (p.name, p.default)
        for p in inspect.signature(loss).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


def shown(arguments: list[tuple[str, Any]]) -> str:
    """Arguments as one writes them."""
    return "(" + ", ".join(f"{name}={value!r}" for name, value in arguments) + ")"


def shared(lane: Lane, original: Callable[..., Any]) -> dict[str, Any] | None:
    """The arguments of a case that Keras's loss takes, without those that only weigh.

    None where the case is about something that Keras does not have.
    """
    if getattr(lane.make(), "hyperparameters", ()):
        return None
    known = inspect.signature(original).parameters
    rest = {k: v for k, v in lane.case.config.items() if k in known}
    own = set(lane.case.config) - set(rest)
    return rest if own <= set(WEIGHING) else None
