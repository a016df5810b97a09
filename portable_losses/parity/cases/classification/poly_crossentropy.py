"""Cases of Poly-1 cross-entropy."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE_ROWS,
    ROW_EDGES,
    WEIGHTS,
    WRONG_ROWS,
    ids_probabilities,
    log_softmax,
    one_hot_logits,
    times,
)


def poly(epsilon: float, from_logits: bool, weights: Any = 1.0) -> Any:
    """Leng 2022, Poly-1: -log p + epsilon (1 - p), for labels of both forms."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        log_p = log_softmax(y_pred, from_logits)
        cost = -log_p + epsilon * (1 - np.exp(log_p))
        return np.sum(times(np.asarray(weights) * t, cost), axis=-1)

    return reference


CASES = (
    Case(
        loss="PolyCrossentropy",
        label="ids",
        draw=ids_probabilities,
        reference=poly(1.0, False),
        edges={"corners": (np.array([0, 0]), CORNERS)},
        classes=4,
    ),
    Case(
        loss="PolyCrossentropy",
        label="dense",
        config={"epsilon": -0.5, "from_logits": True, "class_weights": WEIGHTS},
        draw=one_hot_logits,
        reference=poly(-0.5, True, WEIGHTS),
        edges={**ROW_EDGES, "huge": HUGE_ROWS},
        wrong=WRONG_ROWS,
        not_applicable={
            "vector": "one column is read as class indices",
            "shapes": "one column is read as class indices",
        },
    ),
)
