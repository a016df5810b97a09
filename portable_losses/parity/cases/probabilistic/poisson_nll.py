"""Cases of the Poisson distribution."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair


def counts(log: bool) -> Any:
    """Counts, and rates or their logarithms."""

    def drawn(rng: np.random.Generator, n: int) -> Pair:
        log_m = rng.normal(1.0, 1.0, (n, 3))
        y = rng.poisson(np.exp(log_m)).astype("float64")
        return y, log_m if log else np.exp(log_m)

    return drawn


def log_linear(y_true: Array, y_pred: Array) -> Any:
    """m - y log m of a log-rate."""
    return np.mean(np.exp(y_pred) - y_true * y_pred, axis=-1)


def with_stirling(y_true: Array, y_pred: Array) -> Any:
    """m - y log m of a rate, and Stirling's approximation above 1."""
    y = np.asarray(y_true, "float64")
    terms = y_pred - special.xlogy(y, y_pred + 1e-8)
    y = np.maximum(y, 1.0)
    stirling = y * np.log(y) - y + 0.5 * np.log(2 * np.pi * y)
    return np.mean(terms + np.where(y_true > 1, stirling, 0.0), axis=-1)


CASES = (
    Case(
        loss="PoissonNLL",
        draw=counts(log=True),
        reference=log_linear,
        edges={
            "match": (np.array([[1.0, 4.0, 0.0]]), np.array([[0.0, np.log(4), -40.0]])),
            "low": (np.array([[0.0, 3.0, 1.0]]), np.array([[-1e4, -1e4, -50.0]])),
        },
        wrong=(
            np.array([[5.0, 0, 0], [200, 1, 1]]),
            np.array([[-1e4, 0, 0], [1, 9, 0]]),
        ),
    ),
    Case(
        loss="PoissonNLL",
        label="full rate",
        config={"log_rate": False, "full": True},
        draw=counts(log=False),
        reference=with_stirling,
        edges={
            "match": (np.array([[1.0, 4.0, 1e6]]), np.array([[1.0, 4.0, 1e6]])),
            "close": (np.array([[2.0, 900.0, 1e6]]), np.array([[2.5, 960.0, 1001000]])),
            "far": (np.array([[0.0, 9.0, 1e6]]), np.array([[1e4, 0.1, 2e6]])),
        },
    ),
)
