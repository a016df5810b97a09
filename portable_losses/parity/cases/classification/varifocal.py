"""Cases of varifocal loss."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.classification._detector import (
    CORNER_EDGES,
    QUALITY_EDGES,
    quality_logits,
    quality_probabilities,
)
from portable_losses.parity.cases.classification._shared import (
    WRONG_BINARY,
    log_sigmoids,
    times,
)


def varifocal(from_logits: bool, alpha: float, gamma: float) -> Any:
    """Zhang 2021, equation 2, case by case."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        q = np.asarray(y_true, "float64")
        log_p, log_not_p = log_sigmoids(y_pred, from_logits)
        p = special.expit(y_pred) if from_logits else y_pred
        positive = -(times(q * q, log_p) + times(q * (1 - q), log_not_p))
        with np.errstate(invalid="ignore"):
            negative = -times(alpha * p**gamma, log_not_p)
        return np.mean(np.where(q > 0, positive, negative), axis=-1)

    return reference


CASES = (
    Case(
        loss="Varifocal",
        label="logits",
        config={"from_logits": True},
        draw=quality_logits,
        reference=varifocal(True, 0.75, 2.0),
        edges=QUALITY_EDGES,
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="Varifocal",
        label="probabilities",
        config={"alpha": 0.4, "gamma": 1.5},
        draw=quality_probabilities,
        reference=varifocal(False, 0.4, 1.5),
        edges=CORNER_EDGES,
    ),
)
