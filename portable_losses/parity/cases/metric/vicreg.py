"""Cases of VICReg."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.metric._shared import BASIS


def views(rng: np.random.Generator, n: int) -> Pair:
    first = 0.7 * rng.normal(size=(n, 4))
    second = first + 0.3 * rng.normal(size=(n, 4))
    return np.zeros(n), np.stack([first, second], axis=1)


def vicreg(y_true: Any, y_pred: Array) -> Any:
    """Bardes 2022, equations 1 to 6, with the weights of the published code."""
    first, second = y_pred[:, 0], y_pred[:, 1]
    total = 25.0 * np.mean((first - second) ** 2)
    if len(y_pred) == 1:
        return total
    for view in (first, second):
        spread = np.sqrt(np.var(view, axis=0, ddof=1) + 1e-4)
        total += 25.0 / 2 * np.mean(np.maximum(0.0, 1 - spread))
        c = np.cov(view, rowvar=False)
        total += np.sum((c - np.diag(np.diag(c))) ** 2) / len(c)
    return total


CASES = (
    Case(
        loss="VICReg",
        kind="statistic",
        draw=views,
        reference=vicreg,
        edges={
            "together": (np.zeros(4), np.ones((4, 2, 3))),
            "one column": (np.zeros(4), np.stack([BASIS[:, :1] * BASIS[:1]] * 2, 1)),
        },
    ),
)
