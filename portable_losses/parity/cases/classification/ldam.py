"""Cases of the label-distribution-aware margin loss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases._shared import log_softmax_of_logits
from portable_losses.parity.cases.classification._shared import (
    WEIGHTS,
)

COUNTS = (500.0, 20.0, 3.0, 90.0)


def ldam(max_margin: float, scale: float, weights: Any) -> Any:
    """Cao 2019: cross-entropy with a margin of n^(-1/4), for class indices."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        margins = 1 / np.sqrt(np.sqrt(np.array(COUNTS)))
        margins *= max_margin / margins.max()
        t = np.eye(y_pred.shape[-1])[y_true]
        log_p = log_softmax_of_logits(scale * (y_pred - t * margins))
        each = np.take_along_axis(log_p, y_true[:, None], axis=-1)[:, 0]
        return -np.asarray(weights)[y_true] * each

    return reference


def ids_cosines(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 4, n), rng.uniform(-0.9, 0.9, (n, 4))


ENDS = np.array([[1.0, -1.0, 0.0, -1.0], [-1.0, -1.0, 1.0, 1.0]])

CASES = (
    Case(
        loss="LDAM",
        config={"class_counts": COUNTS, "scale": 10.0, "class_weights": WEIGHTS},
        draw=ids_cosines,
        reference=ldam(0.5, 10.0, WEIGHTS),
        edges={
            "right": (np.array([0, 2]), ENDS),
            "beyond 1 by rounding": (np.array([0, 2]), 1.0001 * ENDS),
        },
        wrong=(np.array([1, 1]), ENDS),
        classes=4,
    ),
)
