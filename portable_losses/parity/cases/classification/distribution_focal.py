"""Cases of distribution focal loss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.classification._shared import (
    HUGE,
    IMPOSSIBLE,
    MASKED,
    WRONG_LOGITS,
    log_softmax,
    times,
)


def offsets(rng: np.random.Generator, n: int) -> Pair:
    return rng.uniform(0, 3, n), 2 * rng.normal(size=(n, 4))


def distribution(y_true: Array, y_pred: Array) -> Any:
    """Li 2020, equation 6, one target after the other."""
    log_s = log_softmax(y_pred, True)
    items = []
    for y, row in zip(np.asarray(y_true, "float64"), log_s, strict=True):
        i = int(np.floor(y))
        item = -times(i + 1 - y, row[i])
        items.append(item if y == i else item - times(y - i, row[i + 1]))
    return np.array(items, "float64")


CASES = (
    Case(
        loss="DistributionFocal",
        draw=offsets,
        reference=distribution,
        edges={
            "whole": (np.arange(4.0), HUGE[[0, 0, 1, 1]]),
            "huge": (np.array([0.5, 2.75]), HUGE),
            "masked": (np.array([0.0, 1.0, 2.0]), MASKED),
            "impossible": (np.array([0.0, 1.5, 3.0]), IMPOSSIBLE),
        },
        wrong=(np.array([0.0, 2.5]), WRONG_LOGITS),
        classes=4,
    ),
)
