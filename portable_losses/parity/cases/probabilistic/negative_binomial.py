"""Cases of the negative binomial distribution."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.probabilistic._shared import parts


def counts(rng: np.random.Generator, n: int) -> Pair:
    """Counts up to hundreds, and logarithms of means and of total counts."""
    log_m, log_n = rng.normal(2.0, 1.0, (n, 2)), rng.normal(1.0, 1.0, (n, 2))
    y = rng.poisson(np.exp(log_m) * rng.gamma(1.0, size=(n, 2)))
    return y.astype("float64"), np.concatenate([log_m, log_n], axis=-1)


def negative_binomial(y_true: Array, y_pred: Array) -> Any:
    """The negative logarithm of the mass, by the beta function."""
    log_m, log_n = parts(y_pred, 2)
    y, n = np.asarray(y_true, "float64"), np.exp(log_n)
    # Gamma(n + y) / (Gamma(n) y!) == 1 / ((n + y) B(n, y + 1))
    cost = np.log(n + y) + special.betaln(n, y + 1)
    cost = (
        cost + n * np.logaddexp(0, log_m - log_n) + y * np.logaddexp(0, log_n - log_m)
    )
    return np.mean(cost, axis=-1)


FEW = np.array([[0.0, 3.0], [7.0, 120.0]])
MANY = np.array([[0.0, 1e6], [900.0, 3e5]])

CASES = (
    Case(
        loss="NegativeBinomialNLL",
        draw=counts,
        reference=negative_binomial,
        edges={
            "mean": (FEW, np.array([[-9, np.log(3), 1, 2], [np.log(7), 4.8, -2, 9]])),
            "zeros": (np.zeros((1, 2)), np.array([[-20.0, 3.0, 2.0, -9.0]])),
            "many": (MANY, np.array([[2, 13.8, 3, 1.0], [6.8, 12.6, 9.0, -1]])),
        },
        wrong=(FEW, np.array([[5.0, -1e4, 0, 0], [-30, 12, 2, 20]])),
    ),
)
