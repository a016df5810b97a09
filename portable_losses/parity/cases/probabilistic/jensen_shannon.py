"""Cases of the Jensen-Shannon divergence."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import log_softmax_of_logits
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE_ROWS,
    ROW_EDGES,
    WEIGHTS,
    ids_probabilities,
    soft_probabilities,
)


def jensen_shannon(b: float, from_logits: bool, weights: Any = 1.0) -> Any:
    """Lin 1991: the weighted divergences of both from their mixture."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        p = np.exp(log_softmax_of_logits(y_pred)) if from_logits else y_pred
        t = np.asarray(t, "float64")
        m = b * t + (1 - b) * p
        of_t = special.xlogy(t, t) - special.xlogy(t, m)
        of_p = special.xlogy(p, p) - special.xlogy(p, m)
        return np.sum(np.asarray(weights) * (b * of_t + (1 - b) * of_p), axis=-1)

    return reference


MATCH = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]])
CLOSE = MATCH + np.array([[1e-3, -1e-3, 0.0, 0.0], [0.0, 0.0, 2e-3, -2e-3]])

CASES = (
    Case(
        loss="JensenShannon",
        label="soft, logits",
        config={"beta": 0.3, "from_logits": True, "class_weights": WEIGHTS},
        draw=lambda rng, n: (rng.dirichlet(np.ones(4), n), 2 * rng.normal(size=(n, 4))),
        reference=jensen_shannon(0.3, True, WEIGHTS),
        edges={**ROW_EDGES, "huge": HUGE_ROWS},
        wrong=(CORNERS, 4 - 8 * CORNERS),
        not_applicable={
            "vector": "one column is read as class indices",
            "shapes": "one column is read as class indices",
        },
    ),
    Case(
        loss="JensenShannon",
        label="soft",
        draw=soft_probabilities,
        reference=jensen_shannon(0.5, False),
        edges={
            "match": (MATCH, MATCH),
            "corners": (CORNERS, CORNERS),
            "close": (MATCH, CLOSE),
        },
        not_applicable={
            "vector": "one column is read as class indices",
            "shapes": "one column is read as class indices",
        },
    ),
    Case(
        loss="JensenShannon",
        label="ids",
        config={"beta": 0.7},
        draw=ids_probabilities,
        reference=jensen_shannon(0.7, False),
        classes=4,
    ),
)
