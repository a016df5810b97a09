"""Cases of the normal distribution."""

from typing import Any

import numpy as np
from scipy import stats

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.probabilistic._shared import TARGETS, groups, parts

EXACT: Pair = (TARGETS, np.array([[0.0, 1.0, 0.0, 1.0], [2.0, -3.0, -2.0, 30.0]]))
WRONG: Pair = (TARGETS, np.array([[1e3, 1.0, 0.0, 1.0], [2.0, 1e4, -2.0, -5.0]]))


def gaussian(full: bool, floor: float) -> Any:
    """The negative logarithm of the normal density."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        mean, log_variance = parts(y_pred, 2)
        deviation = np.exp(np.maximum(log_variance, floor) / 2)
        terms = -stats.norm.logpdf(np.asarray(y_true, "float64"), mean, deviation)
        return np.mean(terms - (0.0 if full else np.log(2 * np.pi) / 2), axis=-1)

    return reference


CASES = (
    Case(
        loss="GaussianNLL",
        draw=groups(2),
        reference=gaussian(full=False, floor=-20.0),
        edges={
            "exact": EXACT,
            "floor": (TARGETS, np.array([[0.1, 1.0, -20, -30], [2.1, -2, -25, 1e3]])),
        },
        wrong=WRONG,
    ),
    Case(
        loss="GaussianNLL",
        label="full",
        config={"full": True, "min_log_variance": -1.0},
        draw=groups(2),
        reference=gaussian(full=True, floor=-1.0),
        edges={"exact": EXACT},
        wrong=WRONG,
    ),
)
