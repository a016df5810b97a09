"""Cases of Huber and smooth L1."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH


def huber(delta: float) -> Any:
    """Huber 1964: quadratic inside delta, linear outside."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        r = np.abs(y_true - y_pred)
        return np.mean(np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)), axis=-1)

    return reference


def smooth_l1(beta: float) -> Any:
    """Girshick 2015, eq. 3, quadratic below beta; the absolute error for beta = 0."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        r = np.abs(y_true - y_pred)
        square = r**2 / (2 * beta) if beta else r
        return np.mean(np.where(r < beta, square, r - beta / 2), axis=-1)

    return reference


CASES = (
    Case(
        loss="Huber",
        draw=real,
        reference=huber(1.0),
        edges={
            "match": MATCH,
            "far": FAR,
            "joint": (np.zeros((2, 3)), np.array([[1.0, -1.0, 0.5], [2.0, 1.0, 0.0]])),
        },
        wrong=FAR,
    ),
    Case(
        loss="Huber",
        label="delta=0.3",
        config={"delta": 0.3},
        draw=real,
        reference=huber(0.3),
    ),
    Case(
        loss="SmoothL1",
        label="beta=0.5",
        config={"beta": 0.5},
        draw=real,
        reference=smooth_l1(0.5),
        edges={
            "match": MATCH,
            "far": FAR,
            "joint": (np.zeros((2, 3)), np.array([[0.5, -0.5, 0.2], [2.0, 0.5, 0.0]])),
        },
        wrong=FAR,
    ),
    Case(
        loss="SmoothL1",
        label="beta=0",
        config={"beta": 0.0},
        draw=real,
        reference=smooth_l1(0.0),
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
)
