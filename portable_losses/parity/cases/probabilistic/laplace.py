"""Cases of the Laplace distribution."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.probabilistic._shared import TARGETS, groups, parts


def laplace(y_true: Array, y_pred: Array) -> Any:
    """The negative logarithm of the density, exp(-abs(r) / scale) / (2 scale)."""
    mean, log_scale = parts(y_pred, 2)
    terms = np.abs(y_true - mean) * np.exp(-log_scale) + np.log(2) + log_scale
    return np.mean(terms, axis=-1)


CASES = (
    Case(
        loss="LaplaceNLL",
        draw=groups(2),
        reference=laplace,
        edges={
            "exact": (TARGETS, np.array([[0.0, 1.0, 0.0, 1.0], [2.0, -3.0, -2.0, 30]])),
            "narrow": (TARGETS, np.array([[0.1, 1.0, -20, -30], [2.1, -2, -25, 1e3]])),
        },
        wrong=(TARGETS, np.array([[1e3, 1.0, 0.0, 1.0], [2.0, 1e4, -2.0, -5.0]])),
    ),
)
