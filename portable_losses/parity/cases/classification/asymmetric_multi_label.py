"""Cases of the asymmetric loss of several labels per sample."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.classification._shared import (
    BINARY_EDGES,
    CORNERS,
    EPSILON,
    HUGE,
    HUGE_BINARY,
    WEIGHTS,
    WRONG_BINARY,
    binary_logits,
    binary_probabilities,
    log_sigmoids,
    soft_logits,
    times,
)


def asymmetric(
    from_logits: bool,
    gamma_neg: float = 4.0,
    gamma_pos: float = 1.0,
    clip: float = 0.05,
    weights: Any = 1.0,
) -> Any:
    """Ridnik 2021, equations 4 to 7."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        y = np.asarray(y_true, "float64")
        log_p, log_not_p = log_sigmoids(y_pred, from_logits)
        p = special.expit(y_pred) if from_logits else y_pred
        not_p = special.expit(-y_pred) if from_logits else 1 - y_pred
        p_m = np.maximum(p - clip, 0)
        if clip > 0:
            not_p_m = np.minimum(not_p + clip, 1)
            if not from_logits:
                not_p_m = np.clip(not_p_m, EPSILON, 1 - EPSILON)
            log_not_p = np.log(not_p_m)
        present = times(y * np.abs(not_p) ** gamma_pos, log_p)
        absent = times((1 - y) * np.abs(p_m) ** gamma_neg, log_not_p)
        return -np.mean(np.asarray(weights) * (present + absent), axis=-1)

    return reference


CASES = (
    Case(
        loss="AsymmetricMultiLabel",
        label="logits",
        config={"from_logits": True},
        draw=binary_logits,
        reference=asymmetric(True),
        edges={**BINARY_EDGES, "huge": HUGE_BINARY},
        wrong=(np.ones((2, 4)), np.array([[-200.0], [-1e4]]) * np.ones(4)),
    ),
    Case(
        loss="AsymmetricMultiLabel",
        label="soft",
        config={
            "from_logits": True,
            "gamma_neg": 0.5,
            "gamma_pos": 0.0,
            "clip": 0.0,
            "class_weights": WEIGHTS,
        },
        draw=soft_logits,
        reference=asymmetric(True, 0.5, 0.0, 0.0, WEIGHTS),
        edges={**BINARY_EDGES, "half": (0.5 + 0 * CORNERS, HUGE)},
        wrong=WRONG_BINARY,
        not_applicable={"vector": "one weight per column needs four columns"},
    ),
    Case(
        loss="AsymmetricMultiLabel",
        label="probabilities",
        config={"gamma_neg": 1.5, "gamma_pos": 0.5, "clip": 0.2},
        draw=binary_probabilities,
        reference=asymmetric(False, 1.5, 0.5, 0.2),
        edges={"corners": (CORNERS, CORNERS[::-1]), "match": (CORNERS, CORNERS)},
    ),
)
