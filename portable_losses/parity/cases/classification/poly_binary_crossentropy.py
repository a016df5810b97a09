"""Cases of Poly-1 binary cross-entropy."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.classification._shared import (
    BINARY_EDGES,
    CORNERS,
    HUGE_BINARY,
    WEIGHTS,
    WRONG_BINARY,
    binary_probabilities,
    log_sigmoids,
    soft_logits,
    times,
)


def poly_binary(epsilon: float, from_logits: bool, weights: Any = 1.0) -> Any:
    """Leng 2022, Poly-1, of a Bernoulli likelihood."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        t, p = y_true, special.expit(y_pred) if from_logits else y_pred
        log_p, log_q = log_sigmoids(y_pred, from_logits)
        likelihood = times(t, log_p) + times(1 - t, log_q)
        wrong = t * (1 - p) + (1 - t) * p
        return np.mean(weights * (epsilon * wrong - likelihood), axis=-1)

    return reference


CASES = (
    Case(
        loss="PolyBinaryCrossentropy",
        label="logits",
        config={"from_logits": True, "class_weights": WEIGHTS},
        draw=soft_logits,
        reference=poly_binary(1.0, True, np.array(WEIGHTS)),
        edges={**BINARY_EDGES, "huge": HUGE_BINARY},
        wrong=WRONG_BINARY,
        not_applicable={"vector": "one weight per column needs four columns"},
    ),
    Case(
        loss="PolyBinaryCrossentropy",
        label="probabilities",
        config={"epsilon": 2.0},
        draw=binary_probabilities,
        reference=poly_binary(2.0, False),
        edges={"corners": (CORNERS, CORNERS[::-1])},
    ),
)
