"""Cases of the squared earth mover's distance."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.ordinal._shared import (
    CLASSES,
    FAR,
    one_hot,
    probabilities,
    soft,
    softmax,
)


def distance(y_true: Array, p: Array) -> Any:
    """Hou 2016, with l = 2: the cumulative distributions, class by class."""
    t = one_hot(y_true, p.shape[-1])
    return sum(
        (p[:, : c + 1].sum(axis=-1) - t[:, : c + 1].sum(axis=-1)) ** 2
        for c in range(p.shape[-1])
    )


def of_logits(y_true: Array, z: Array) -> Any:
    return distance(y_true, softmax(z))


CASES = (
    Case(
        loss="SquaredEarthMover",
        draw=probabilities,
        reference=distance,
        edges={
            "right": (np.arange(CLASSES), np.eye(CLASSES)),
            "wrong": (np.arange(CLASSES), np.eye(CLASSES)[::-1].copy()),
            "nothing": (np.array([0, 3]), np.zeros((2, CLASSES))),
        },
        wrong=(np.arange(CLASSES), np.eye(CLASSES)[::-1].copy()),
        classes=CLASSES,
    ),
    Case(
        loss="SquaredEarthMover",
        label="logits",
        config={"from_logits": True},
        draw=soft,
        reference=of_logits,
        edges={
            "far": (np.eye(CLASSES)[[0, 2, 1, 0]], FAR),
            "zero": (np.eye(CLASSES), np.zeros((CLASSES, CLASSES))),
        },
        wrong=(np.eye(CLASSES), 15 * np.eye(CLASSES)[[3, 2, 0, 0]]),
        not_applicable={"vector": "(B,) against (B, 1) are class indices"},
    ),
)
