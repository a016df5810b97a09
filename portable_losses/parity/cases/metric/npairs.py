"""Cases of the N-pairs loss."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.metric._shared import (
    CROSSED,
    EDGES,
    LABELS_24,
    PAIRS,
    labelled,
    others_of,
)


def npairs(y_true: Array, y_pred: Array) -> Any:
    """Sohn 2016, equation 7, for every positive of every anchor."""
    items, kept = np.zeros(len(y_pred)), np.zeros(len(y_pred), "bool")
    for a, anchor in enumerate(y_pred):
        s = y_pred @ anchor
        positives, negatives = others_of(y_true, a)
        if positives:
            # log(1 + sum exp(s_n - s_p)): the 1 is an exponential of 0
            costs = [
                special.logsumexp([0.0, *(s[negatives] - s[p])]) for p in positives
            ]
            items[a], kept[a] = np.mean(costs), True
    return items, kept


CASES = (
    Case(
        loss="NPairs",
        kind="batch",
        draw=labelled,
        reference=npairs,
        edges={**EDGES, "long": (PAIRS, 100 * CROSSED)},
        wrong=(PAIRS, CROSSED),
        exact=(LABELS_24, CROSSED),
    ),
)
