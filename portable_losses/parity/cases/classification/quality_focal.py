"""Cases of quality focal loss."""

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


def quality(from_logits: bool, beta: float) -> Any:
    """Li 2020: |y - sigma|^beta times the Bernoulli negative log-likelihood."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        t = np.asarray(y_true, "float64")
        log_p, log_q = log_sigmoids(y_pred, from_logits)
        p = special.expit(y_pred) if from_logits else y_pred
        weight = np.abs(t - p) ** beta
        cost = times(weight * t, log_p) + times(weight * (1 - t), log_q)
        return -np.mean(cost, axis=-1)

    return reference


CASES = (
    Case(
        loss="QualityFocal",
        label="logits",
        config={"from_logits": True},
        draw=quality_logits,
        reference=quality(True, 2.0),
        edges=QUALITY_EDGES,
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="QualityFocal",
        label="probabilities",
        config={"beta": 0.5},
        draw=quality_probabilities,
        reference=quality(False, 0.5),
        edges=CORNER_EDGES,
    ),
)
