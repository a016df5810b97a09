"""Cases of logit-adjusted cross-entropy."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import log_softmax_of_logits
from portable_losses.parity.cases.classification._shared import (
    HUGE_IDS,
    ID_EDGES,
    WEIGHTS,
    WRONG_IDS,
    ids_logits,
)

COUNTS = (500.0, 20.0, 3.0, 90.0)


def adjusted(tau: float, weights: Any) -> Any:
    """Menon 2021, equation 10, for class indices."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        prior = np.array(COUNTS) / np.sum(COUNTS)
        log_p = log_softmax_of_logits(y_pred + tau * np.log(prior))
        each = np.take_along_axis(log_p, y_true[:, None], axis=-1)[:, 0]
        return -np.asarray(weights)[y_true] * each

    return reference


CASES = (
    Case(
        loss="LogitAdjusted",
        config={"class_counts": COUNTS, "tau": 1.2, "class_weights": WEIGHTS},
        draw=ids_logits,
        reference=adjusted(1.2, WEIGHTS),
        edges={**ID_EDGES, "huge": HUGE_IDS},
        wrong=WRONG_IDS,
        classes=4,
    ),
)
