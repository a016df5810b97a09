"""Cases of the continuous ranked probability score of a normal distribution."""

from typing import Any

import numpy as np
from scipy import stats

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.probabilistic._shared import TARGETS, groups, parts


def crps(y_true: Array, y_pred: Array) -> Any:
    """Gneiting 2005, equation 5, its two probabilities as one tail."""
    mean, log_scale = parts(y_pred, 2)
    scale = np.exp(log_scale)
    z = np.abs(y_true - mean) / scale
    inside = 1 - 2 * stats.norm.sf(z)
    items = z * inside + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi)
    return np.mean(scale * items, axis=-1)


WRONG = np.array([[1e3, 1.0, 0.0, 1.0], [2.0, 1e4, -2.0, -5.0]])

CASES = (
    Case(
        loss="GaussianCRPS",
        draw=groups(2),
        reference=crps,
        edges={
            "exact": (
                TARGETS,
                np.array([[0.0, 1.0, 0.0, 1.0], [2.0, -3.0, -2.0, 9.0]]),
            ),
            "far": (TARGETS, WRONG),
            "narrow": (TARGETS, np.array([[0.1, 1.0, -20, -30], [2.1, -2, -25, -100]])),
        },
        wrong=(TARGETS, WRONG),
    ),
)
