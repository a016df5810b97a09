"""Cases of consistent rank logits."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair


def ranks(rng: np.random.Generator, n: int) -> Pair:
    """Five ranks, and a logit for each of four levels."""
    return rng.integers(0, 5, n), 2 * rng.normal(size=(n, 4))


def coral(y_true: Array, y_pred: Array) -> Any:
    """Cao 2020: for each level, the Bernoulli likelihood that the rank is above it."""
    y = np.asarray(y_true)[..., None]
    levels = np.arange(y_pred.shape[-1])
    log_p, log_q = special.log_expit(y_pred), special.log_expit(-y_pred)
    return -np.sum(np.where(y > levels, log_p, log_q), axis=-1)


INF = float("inf")
SURE = np.array([[INF, -INF, -INF, -1.0], [INF, INF, 0.5, -INF]])
HUGE = np.array([[1e4, -1e4, 0.0, 30.0], [-200.0, 200.0, 1e4, -1e4]])


CASES = (
    Case(
        loss="Coral",
        config={"num_classes": 5},
        draw=ranks,
        reference=coral,
        edges={
            "huge": (np.array([1, 3]), HUGE),
            "masked": (np.array([1, 3]), SURE),
            "impossible": (np.array([1, 3]), -SURE),
            "zero": (np.array([0, 4]), np.zeros((2, 4))),
        },
        wrong=(np.array([0, 4]), np.array([[1e4, 0, 0, -1e4], [-200, 200, 0, 0]])),
        classes=5,
    ),
)
