"""Cases of generalized cross-entropy."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import log_softmax_of_logits
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE_ROWS,
    ROW_EDGES,
    WEIGHTS,
    ids_probabilities,
    one_hot_logits,
)


def generalized(q: float, from_logits: bool, weights: Any = 1.0) -> Any:
    """Zhang 2018: (1 - p^q) / q of the class, for dense labels or class indices."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        p = np.maximum(y_pred, 0)
        if from_logits:
            p = np.exp(log_softmax_of_logits(y_pred))
        return np.sum(np.asarray(weights) * t * (1 - p**q) / q, axis=-1)

    return reference


CASES = (
    Case(
        loss="CategoricalGeneralizedCrossEntropy",
        label="ids",
        draw=ids_probabilities,
        reference=generalized(0.5, False),
        edges={"corners": (np.array([0, 0]), CORNERS)},
        classes=4,
    ),
    Case(
        loss="CategoricalGeneralizedCrossEntropy",
        label="dense",
        config={"q": 0.7, "from_logits": True, "class_weights": WEIGHTS},
        draw=one_hot_logits,
        reference=generalized(0.7, True, WEIGHTS),
        edges={**ROW_EDGES, "huge": HUGE_ROWS},
        wrong=(CORNERS, 4 - 8 * CORNERS),
        not_applicable={
            "vector": "one column is read as class indices",
            "shapes": "one column is read as class indices",
        },
    ),
)
