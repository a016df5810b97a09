"""Cases of the penalty on predictions."""

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases._shared import EXACT


def predictions(rng: np.random.Generator, n: int) -> Pair:
    return np.zeros(n), rng.normal(size=(n, 2, 3))


def penalty(y_true: Array, y_pred: Array) -> Array:
    """0.3 sum abs(p) + 1.2 mean p^2 + 0.2 mean 1 / (abs(p) + 0.1)^2."""
    p = np.reshape(y_pred, (len(y_pred), -1))
    total = 0.3 * np.sum(abs(p), axis=1) + 1.2 * np.mean(p**2, axis=1)
    return np.asarray(total + 0.2 * np.mean((abs(p) + 0.1) ** -2.0, axis=1))


CASES = (
    Case(
        loss="PredictionPenalty",
        config={"l1": 0.3, "l2": 1.2, "inverse": 0.2, "epsilon": 0.1},
        draw=predictions,
        reference=penalty,
        edges={"zeros": (np.zeros(2), EXACT), "far": (np.zeros(2), 1e4 * EXACT)},
    ),
)
