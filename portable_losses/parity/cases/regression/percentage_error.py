"""Cases of the percentage errors."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import EXACT, real
from portable_losses.parity.cases.regression._shared import EPSILON, FAR, MATCH


def percentage_error(y_true: Array, y_pred: Array) -> Any:
    size = np.maximum(np.abs(y_true), EPSILON)
    return 100 * np.mean(np.abs(y_true - y_pred) / size, axis=-1)


def symmetric_percentage_error(y_true: Array, y_pred: Array) -> Any:
    size = np.maximum((np.abs(y_true) + np.abs(y_pred)) / 2, EPSILON)
    return np.mean(100 * np.abs(y_true - y_pred) / size, axis=-1)


CASES = (
    Case(
        loss="MeanAbsolutePercentageError",
        draw=real,
        reference=percentage_error,
        edges={"match": MATCH, "far from 0": FAR, "far": (FAR[1], EXACT)},
        wrong=FAR,
    ),
    Case(
        loss="SymmetricMeanAbsolutePercentageError",
        draw=real,
        reference=symmetric_percentage_error,
        edges={
            "match": MATCH,
            "far": (FAR[1], EXACT),
            "signs": (np.array([[1.0, -1.0, 2.0]]), np.array([[-3.0, 1.0, 0.0]])),
        },
    ),
)
