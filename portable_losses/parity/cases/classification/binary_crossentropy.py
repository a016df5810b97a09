"""Cases of binary cross-entropy."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.classification._shared import (
    BINARY_EDGES,
    CORNERS,
    HUGE_BINARY,
    WEIGHTS,
    WRONG_BINARY,
    binary_logits,
    binary_probabilities,
    log_sigmoids,
    times,
)


def binary_crossentropy(
    from_logits: bool, smoothing: float = 0.0, positive: Any = 1.0
) -> Any:
    """The Bernoulli negative log-likelihood."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        t = y_true * (1 - smoothing) + smoothing / 2
        log_p, log_q = log_sigmoids(y_pred, from_logits)
        return -np.mean(times(positive * t, log_p) + times(1 - t, log_q), axis=-1)

    return reference


CASES = (
    Case(
        loss="BinaryCrossentropy",
        label="logits",
        config={"from_logits": True},
        draw=binary_logits,
        reference=binary_crossentropy(True),
        edges={
            **BINARY_EDGES,
            "huge": HUGE_BINARY,
            "zero": (CORNERS, np.zeros((2, 4))),
        },
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="BinaryCrossentropy",
        label="probabilities",
        config={"label_smoothing": 0.1},
        draw=binary_probabilities,
        reference=binary_crossentropy(False, smoothing=0.1),
        edges={"corners": (CORNERS, CORNERS[::-1])},
    ),
    Case(
        loss="BinaryCrossentropy",
        label="pos_weight",
        config={"from_logits": True, "pos_weight": WEIGHTS},
        draw=binary_logits,
        reference=binary_crossentropy(True, positive=WEIGHTS),
        edges={**BINARY_EDGES, "huge": HUGE_BINARY},
        wrong=WRONG_BINARY,
        not_applicable={"vector": "one weight per column needs four columns"},
    ),
)
