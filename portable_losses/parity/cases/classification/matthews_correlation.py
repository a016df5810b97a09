"""Cases of the Matthews correlation coefficient of soft counts."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.classification._shared import (
    HUGE,
    MASKED_IDS,
    ids_logits,
    log_softmax,
)


def r_k(t: Array, p: Array) -> Any:
    """Gorodkin 2004, of the confusion matrix of soft counts."""
    c = t.T @ p
    labels, predictions = c.sum(axis=1), c.sum(axis=0)
    # s^2 - sum_k n_k^2 == sum_k n_k (s - n_k), which has no cancellation
    spreads = [
        sum(n[k] * np.delete(n, k).sum() for k in range(len(n)))
        for n in (labels, predictions)
    ]
    shared = sum(
        c[k, k] * np.delete(labels, k).sum() - labels[k] * np.delete(c[:, k], k).sum()
        for k in range(len(c))
    )
    if min(spreads) == 0:
        return 0.0
    return shared / np.sqrt(spreads[0]) / np.sqrt(spreads[1])


def classes(y_true: Array, y_pred: Array) -> Any:
    p = np.exp(log_softmax(y_pred, True))
    return 1 - r_k(np.eye(p.shape[-1])[y_true], p)


def column(y_true: Array, y_pred: Array) -> Any:
    """A probability of class 1 at each position."""
    t, p = (np.ravel(x).astype("float64") for x in (y_true, y_pred))
    return 1 - r_k(np.stack([1 - t, t], axis=1), np.stack([1 - p, p], axis=1))


def positions(rng: np.random.Generator, n: int) -> Pair:
    t = rng.integers(0, 2, (n, 3, 1)).astype("float64")
    return t, np.clip(0.3 * t + 0.6 * rng.random((n, 3, 1)), 0.05, 0.95)


RARE = np.array([[0.0, 1.0, 0.0]]).reshape(3, 1, 1)
LIKELY = np.array(
    [[15.0, 0.0, -1.0, 0.5], [16.0, 1.0, 0.0, 0.0], [14.0, 0.0, 1.0, 2.0]]
)

CASES = (
    Case(
        loss="MatthewsCorrelation",
        label="classes",
        kind="statistic",
        config={"from_logits": True},
        draw=ids_logits,
        reference=classes,
        edges={
            "huge": (np.array([1, 0, 3]), HUGE[[0, 1, 1]]),
            "masked": MASKED_IDS,
            "one class": (np.zeros(3, "int64"), LIKELY),
            "one class is predicted": (np.arange(3), 1e4 * np.eye(4)[[0, 0, 0]]),
            "one class is likely": (np.arange(3), LIKELY),
            "nearly right": (np.arange(3), 9.0 * np.eye(4)[:3]),
        },
        classes=4,
    ),
    Case(
        loss="MatthewsCorrelation",
        label="column",
        kind="statistic",
        draw=positions,
        reference=column,
        edges={
            "rare": (RARE, 1e-5 + 1e-5 * RARE),
            "right": (RARE, 0.001 + 0.998 * RARE),
        },
    ),
)
