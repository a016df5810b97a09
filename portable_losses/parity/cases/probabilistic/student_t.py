"""Cases of Student's t distribution."""

from typing import Any

import numpy as np
from scipy import stats

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.probabilistic._shared import TARGETS, groups, parts


def student_t(y_true: Array, y_pred: Array) -> Any:
    """The negative logarithm of the density."""
    mean, log_scale, log_df = parts(y_pred, 3)
    z = (y_true - mean) * np.exp(-log_scale)
    df = 2 + np.exp(np.minimum(log_df, 50))  # as the docstring says
    items = log_scale - stats.t.logpdf(z, df)
    return np.mean(items, axis=-1)


FAR = np.array([[1e3, 1.0, 0.0, 1.0, 0.0, 1.0], [2.0, 1e4, -2.0, -5.0, -4.0, 12.0]])

CASES = (
    Case(
        loss="StudentTNLL",
        draw=groups(3),
        reference=student_t,
        edges={
            "exact": (
                TARGETS,
                np.array([[0, 1, 0, 1, 0, -4], [2, -3, -2, 3, 12, 1.0]]),
            ),
            "far": (TARGETS, FAR),
            "almost normal": (
                TARGETS,
                np.array([[0.5, 1.1, 0, 1, 13.8, 12], [3, -2, -1, 0.5, 10, 11]]),
            ),
        },
        wrong=(TARGETS, FAR),
    ),
)
