"""Cases of the ordinal losses."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair


def ranks(levels: int) -> Any:
    """Ranks 0 to `levels`, and a logit per level."""

    def draw(rng: np.random.Generator, n: int) -> Pair:
        return rng.integers(0, levels + 1, n), 2 * rng.normal(size=(n, levels))

    return draw


def coral(y_true: Array, y_pred: Array) -> Any:
    """Cao 2020: a Bernoulli likelihood for each level, is the rank above it?"""
    y = np.asarray(y_true)[..., None]
    levels = np.arange(y_pred.shape[-1])
    log_p, log_q = special.log_expit(y_pred), special.log_expit(-y_pred)
    return -np.sum((y > levels) * log_p + (y <= levels) * log_q, axis=-1)


HUGE = np.array([[1e4, -1e4, 0.0, 30.0], [-200.0, 200.0, 1e4, -1e4]])
MANY = 260  # more ranks than bfloat16 can tell apart

CASES = (
    Case(
        loss="Coral",
        config={"num_classes": 5},
        draw=ranks(4),
        reference=coral,
        edges={
            "huge": (np.array([1, 3]), HUGE),
            "zero": (np.array([0, 4]), np.zeros((2, 4))),
        },
        wrong=(np.array([0, 4]), np.array([[1e4, 0, 0, -1e4], [-200, 200, 0, 0]])),
        classes=5,
    ),
    Case(
        loss="Coral",
        label="many",
        config={"num_classes": MANY},
        draw=ranks(MANY - 1),
        reference=coral,
        classes=MANY,
        exact=(
            np.array([257, 258, 259]),
            np.random.default_rng(0).normal(size=(3, MANY - 1)),
        ),
    ),
)
