"""Cases of the squared logarithmic error."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases._shared import EXACT
from portable_losses.parity.cases.regression._shared import EPSILON, FAR


def positive(rng: np.random.Generator, n: int) -> Pair:
    """Targets and predictions above 0."""
    return rng.gamma(2.0, size=(n, 3)), rng.gamma(2.0, size=(n, 3))


def squared_logarithmic_error(y_true: Array, y_pred: Array) -> Any:
    t, p = (np.maximum(np.asarray(x, "float64"), EPSILON) for x in (y_true, y_pred))
    return np.mean((np.log1p(p) - np.log1p(t)) ** 2, axis=-1)


CASES = (
    Case(
        loss="MeanSquaredLogarithmicError",
        draw=positive,
        reference=squared_logarithmic_error,
        edges={
            "match": (np.abs(EXACT), np.abs(EXACT)),
            "negative": (np.abs(EXACT), -np.abs(EXACT)),
            "far": (np.abs(EXACT), np.abs(FAR[1])),
        },
    ),
)
