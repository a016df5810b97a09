"""Cases of the Poisson loss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.regression._shared import EPSILON


def counts(rng: np.random.Generator, n: int) -> Pair:
    """Whole targets and predicted rates."""
    return rng.poisson(3.0, (n, 3)), rng.gamma(3.0, size=(n, 3))


def poisson(y_true: Array, y_pred: Array) -> Any:
    return np.mean(y_pred - y_true * np.log(y_pred + EPSILON), axis=-1)


CASES = (
    Case(
        loss="Poisson",
        draw=counts,
        reference=poisson,
        edges={
            "match": (np.array([[1, 5, 2]]), np.array([[1.0, 5.0, 3.0]])),
            "no counts": (np.zeros((1, 3), "int64"), np.array([[0.0, 1e-3, 1e4]])),
            "low rate": (np.array([[1, 5, 200]]), np.array([[1e-3, 1e-2, 0.1]])),
        },
        wrong=(np.array([[5, 0, 200]]), np.array([[1e-3, 1e4, 0.1]])),
    ),
)
