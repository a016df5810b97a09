"""Cases of the Gaussian likelihood weighted by the variance."""

from typing import Any

import numpy as np
from scipy import stats

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.probabilistic._shared import TARGETS, groups, parts


def beta_nll(beta: float, floor: float) -> Any:
    """Seitzer 2022: the Gaussian NLL times variance^beta, which is a constant."""

    def reference(y_true: Array, y_pred: Array, frozen: Array) -> Any:
        mean, log_variance = parts(y_pred, 2)
        deviation = np.exp(np.maximum(log_variance, floor) / 2)
        cost = -stats.norm.logpdf(y_true, mean, deviation) - np.log(2 * np.pi) / 2
        weight = np.exp(np.maximum(parts(frozen, 2)[1], floor)) ** beta
        return np.mean(weight * cost, axis=-1)

    return reference


CASES = (
    Case(
        loss="BetaNLL",
        draw=groups(2),
        reference=beta_nll(0.5, floor=-20.0),
        edges={
            "exact": (TARGETS, np.array([[0, 1, 0, 1], [2, -3, -2, 9]], "float64")),
            "floor": (TARGETS, np.array([[0.1, 1.0, -20, -30], [2.1, -2, -25, 20]])),
        },
        wrong=(TARGETS, np.array([[1e3, 1.0, 0.0, 1.0], [2.0, 1e4, -2.0, -5.0]])),
    ),
)
