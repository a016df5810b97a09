"""Cases of conditional rank logits."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.ordinal.coral import HUGE, INF, ranks


def corn(y_true: Array, y_pred: Array) -> Any:
    """Shi 2021: the conditional likelihoods of the levels up to the target rank."""
    items = []
    for y, z in zip(np.asarray(y_true), y_pred, strict=True):
        item = 0.0
        for k, logit in enumerate(z):
            if y > k:
                item -= special.log_expit(logit)
            elif y == k:
                item -= special.log_expit(-logit)
        items.append(item)
    return np.array(items)


SURE = np.array([[INF, -INF, INF, -INF], [INF, INF, 0.5, -INF]])
AT = np.array([1, 3])
WRONG = np.array([[1e4, 0.0, 0.0, -1e4], [-200.0, -30.0, 0.0, -5.0]])

CASES = (
    Case(
        loss="Corn",
        config={"num_classes": 5},
        draw=ranks,
        reference=corn,
        edges={
            "huge": (AT, HUGE),
            "masked": (AT, SURE),
            "impossible": (AT, -SURE),
            "zero": (np.array([0, 4]), np.zeros((2, 4))),
        },
        wrong=(np.array([0, 4]), WRONG),
        classes=5,
    ),
)
