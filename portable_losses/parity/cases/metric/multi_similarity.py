"""Cases of the multi-similarity loss."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.metric._shared import (
    CROSSED,
    EDGES,
    LABELS_24,
    PAIRS,
    directions,
    labelled,
    others_of,
)


def multi_similarity(alpha: float, beta: float, base: float) -> Any:
    """Wang 2019, equation 15, anchor after anchor."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        z = directions(y_pred)
        items, kept = np.zeros(len(z)), np.zeros(len(z), "bool")
        for a, anchor in enumerate(z):
            s = z @ anchor - base
            positives, negatives = others_of(y_true, a)
            if positives:
                far = special.logsumexp([0.0, *(-alpha * s[positives])]) / alpha
                near = special.logsumexp([0.0, *(beta * s[negatives])]) / beta
                items[a], kept[a] = far + near, True
        return items, kept

    return reference


CASES = (
    Case(
        loss="MultiSimilarity",
        kind="batch",
        draw=labelled,
        reference=multi_similarity(2.0, 50.0, 0.5),
        edges=EDGES,
        wrong=(PAIRS, CROSSED),
        exact=(LABELS_24, CROSSED),
    ),
)
