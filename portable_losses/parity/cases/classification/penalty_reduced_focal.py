"""Cases of penalty-reduced focal loss."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.classification._shared import (
    INF,
    log_sigmoids,
    times,
)


def heat_logits(rng: np.random.Generator, n: int) -> Pair:
    """Maps with one peak, two or none."""
    t = rng.uniform(0, 0.9, (n, 2, 2, 2))
    for i in range(n):
        t[i].flat[: (1, 2, 0)[i % 3]] = 1.0
    return t, 2 * rng.normal(size=(n, 2, 2, 2))


def heat_probabilities(rng: np.random.Generator, n: int) -> Pair:
    t, x = heat_logits(rng, n)
    return t, special.expit(x)


def heat_map(from_logits: bool, alpha: float, beta: float) -> Any:
    """Zhou 2019, equation 1, position by position."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        log_p, log_q = log_sigmoids(y_pred, from_logits)
        p = special.expit(y_pred) if from_logits else y_pred
        q = special.expit(-y_pred) if from_logits else 1 - y_pred
        items = []
        for i, sample in enumerate(np.asarray(y_true, "float64")):
            total, peaks = 0.0, 0
            for at in np.ndindex(sample.shape):
                here = (i, *at)
                if sample[at] == 1:
                    peaks += 1
                    total -= times(np.abs(q[here]) ** alpha, log_p[here])
                else:
                    penalty = (1 - sample[at]) ** beta * np.abs(p[here]) ** alpha
                    total -= times(penalty, log_q[here])
            items.append(total / max(1, peaks))
        return np.array(items, "float64")

    return reference


def of(*values: float) -> Array:
    """One sample."""
    return np.reshape(values, (1, 2, 2, 2))


HEAT = of(1.0, 0.7, 0.0, 0.2, 1.0, 0.5, 0.0, 0.9)
SURE = of(INF, -INF, -INF, 0.5, INF, -2.0, -INF, 1.0)
LARGE = of(1e4, -1e4, 200.0, -200.0, -1e4, 1e4, 0.0, 30.0)
WRONG = 400.0 * (0.5 - np.floor(HEAT))

CASES = (
    Case(
        loss="PenaltyReducedFocal",
        label="logits",
        config={"from_logits": True},
        draw=heat_logits,
        reference=heat_map(True, 2.0, 4.0),
        edges={
            "huge": (HEAT, LARGE),
            "masked": (HEAT, SURE),
            "impossible": (HEAT, -SURE),
            "no peak": (0.5 * HEAT, LARGE),
        },
        wrong=(HEAT, WRONG),
    ),
    Case(
        loss="PenaltyReducedFocal",
        label="probabilities",
        config={"alpha": 0.5, "beta": 2.5},
        draw=heat_probabilities,
        reference=heat_map(False, 0.5, 2.5),
        edges={"corners": (HEAT, np.floor(HEAT)), "wrong": (HEAT, 1 - np.floor(HEAT))},
    ),
)
