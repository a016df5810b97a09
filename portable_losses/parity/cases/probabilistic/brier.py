"""Cases of the Brier score."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import log_softmax_of_logits
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE_IDS,
    ID_EDGES,
    ids_logits,
    soft_probabilities,
)


def brier(from_logits: bool) -> Any:
    """Brier 1950, equation 2, summed over the classes."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        p = np.exp(log_softmax_of_logits(y_pred)) if from_logits else y_pred
        return np.sum((p - t) ** 2, axis=-1)

    return reference


CASES = (
    Case(
        loss="Brier",
        label="probabilities",
        draw=soft_probabilities,
        reference=brier(False),
        edges={"match": (CORNERS, CORNERS), "wrong": (CORNERS, CORNERS[::-1])},
        wrong=(CORNERS, CORNERS[::-1]),
        not_applicable={
            "vector": "one column is read as class indices",
            "shapes": "one column is read as class indices",
        },
    ),
    Case(
        loss="Brier",
        label="ids, logits",
        config={"from_logits": True},
        draw=ids_logits,
        reference=brier(True),
        edges={**ID_EDGES, "huge": HUGE_IDS},
        wrong=(np.array([0, 1]), np.array([[-4.0, 4, 0, 0], [4, -4, 0, 0]])),
        classes=4,
    ),
)
