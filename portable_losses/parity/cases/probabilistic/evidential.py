"""Cases of deep evidential regression."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.probabilistic._shared import TARGETS, groups, parts


def evidential(coefficient: float) -> Any:
    """Amini 2020, equations 8 to 10."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        gamma, nu, alpha, beta = parts(y_pred, 4)
        n, a = np.logaddexp(0, nu), 1 + np.logaddexp(0, alpha)
        r = np.abs(y_true - gamma)
        omega = 2 * np.logaddexp(0, beta) * (1 + n)
        likelihood = (
            np.log(np.pi / n) / 2
            - a * np.log(omega)
            + (a + 0.5) * np.log(r**2 * n + omega)
            + special.gammaln(a)
            - special.gammaln(a + 0.5)
        )
        return np.mean(likelihood + coefficient * r * (2 * n + a), axis=-1)

    return reference


WIDE = np.array([[1e3, 1.0, 0, 2, 0, -5, 1, 0], [2.0, 1e4, -9, 9, 3, 3, -30, 0]])

CASES = (
    Case(
        loss="EvidentialRegression",
        draw=groups(4),
        reference=evidential(1.0),
        edges={
            "exact": (
                TARGETS,
                np.array([[0, 1.0, 0, 2, 0, -5, 1, 0], [2, -3] + 6 * [0]]),
            ),
            "wide": (TARGETS, WIDE),
            "much evidence": (
                TARGETS,
                np.array([[0.5, 2] + 6 * [20], [2, -2] + 6 * [9]]),
            ),
        },
        wrong=(TARGETS, WIDE),
    ),
    Case(
        loss="EvidentialRegression",
        label="coefficient=0.3",
        config={"coefficient": 0.3},
        draw=groups(4),
        reference=evidential(0.3),
    ),
)
