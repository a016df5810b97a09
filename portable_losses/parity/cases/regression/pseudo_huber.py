"""Cases of pseudo-Huber and Charbonnier."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH


def pseudo_huber(delta: float) -> Any:
    """delta^2 (sqrt(1 + (r / delta)^2) - 1)."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        r = y_pred - y_true
        return np.mean(delta * (np.hypot(r, delta) - delta), axis=-1)

    return reference


def charbonnier(epsilon: float) -> Any:
    """sqrt(r^2 + epsilon^2), as image restoration has it."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        return np.mean(np.sqrt((y_pred - y_true) ** 2 + epsilon**2), axis=-1)

    return reference


CASES = (
    Case(
        loss="PseudoHuber",
        config={"delta": 0.7},
        draw=real,
        reference=pseudo_huber(0.7),
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
    Case(
        loss="Charbonnier",
        config={"epsilon": 0.1},
        draw=real,
        reference=charbonnier(0.1),
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
)
