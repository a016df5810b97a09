"""Cases of the gamma distribution."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair


def amounts(rng: np.random.Generator, n: int) -> Pair:
    """Positive amounts, and logarithms of means."""
    return rng.gamma(2.0, size=(n, 3)), rng.normal(size=(n, 3))


def exponential(y_true: Array, y_pred: Array) -> Any:
    """The negative logarithm of the density of shape 1, exp(-y / m) / m."""
    return np.mean(y_pred + y_true * np.exp(-y_pred), axis=-1)


CASES = (
    Case(
        loss="GammaNLL",
        draw=amounts,
        reference=exponential,
        edges={
            "match": (
                np.array([[1.0, 4.0, 0.1]]),
                np.array([[0, np.log(4), np.log(0.1)]]),
            ),
            "high": (np.array([[1.0, 4.0, 0.0]]), np.array([[1e4, 60.0, 1.0]])),
        },
        wrong=(
            np.array([[5.0, 1, 1], [1, 1, 1]]),
            np.array([[-9, 0, 0], [0, 1e4, 0]]),
        ),
    ),
)
