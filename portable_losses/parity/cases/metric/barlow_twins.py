"""Cases of Barlow Twins."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.metric._views import EQUAL, NOTHING, SAME, two_views


def barlow_twins(y_true: Any, y_pred: Array) -> Any:
    """Zbontar 2021, equations 1 and 2, column after column."""
    n, _, width = y_pred.shape
    if n == 1:
        return np.float64(0.0)
    spread = np.sqrt(np.var(y_pred, axis=0) + 1e-5)
    z = (y_pred - y_pred.mean(axis=0)) / spread
    total = 0.0
    for j in range(width):
        for k in range(width):
            c = np.mean(z[:, 0, j] * z[:, 1, k])
            total += (1 - c) ** 2 if j == k else 5e-3 * c**2
    return np.float64(total)


CASES = (
    Case(
        loss="BarlowTwins",
        kind="statistic",
        draw=two_views,
        reference=barlow_twins,
        edges={
            "equal": (NOTHING, EQUAL),
            "same": (NOTHING, SAME),
            "one column": (NOTHING, SAME * np.eye(4)[0]),
            "far away": (NOTHING, 1e3 + SAME),
        },
    ),
)
