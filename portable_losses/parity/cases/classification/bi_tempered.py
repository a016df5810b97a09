"""Cases of the bi-tempered logistic loss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import INF
from portable_losses.parity.cases.classification._shared import (
    HUGE_IDS,
    ID_EDGES,
    MANY_CLASSES,
    ids_logits,
)


def log_t(z: Array, t: float) -> Any:
    return np.log(z) if t == 1 else (z ** (1 - t) - 1) / (1 - t)


def exp_t(z: Array, t: float) -> Any:
    if t == 1:
        return np.exp(z)
    return np.maximum(1 + (1 - t) * z, 0) ** (1 / (1 - t))


def tempered_softmax(x: Array, t: float, iterations: int) -> Any:
    """Amid 2019: the fixed point of the normalization, and the probabilities."""
    largest = x.max(axis=-1, keepdims=True)
    # If a logit is inf, all others have probability 0. If all are -inf, all are 0.
    with np.errstate(invalid="ignore"):
        start = np.where(x == largest, 0.0, x - largest)
    step = start
    for _ in range(iterations):
        total = exp_t(step, t).sum(axis=-1, keepdims=True)
        step = np.where(start == 0, 0.0, start * total ** (1 - t))
    total = exp_t(step, t).sum(axis=-1, keepdims=True)
    p = exp_t(start + log_t(1 / total, t), t)
    return np.where(largest == -INF, 0.0, p)


def bi_tempered(t1: float, t2: float, smoothing: float = 0.0, steps: int = 5) -> Any:
    """Amid 2019: the Bregman divergence of the tempered logarithm, class indices."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = np.eye(classes)[y_true]
        t = t * (1 - smoothing * classes / (classes - 1)) + smoothing / (classes - 1)
        p = tempered_softmax(y_pred, t2, steps)
        divergence = t * (log_t(t, t1) - log_t(p, t1))
        return np.sum(divergence - (t ** (2 - t1) - p ** (2 - t1)) / (2 - t1), axis=-1)

    return reference


WRONG = np.array([[-20.0, 5.0, 0.0, 0.0], [10.0, 0.0, 0.0, -10.0]])

CASES = (
    Case(
        loss="BiTempered",
        label="default",
        draw=ids_logits,
        reference=bi_tempered(0.8, 1.2),
        edges={**ID_EDGES, "huge": HUGE_IDS},
        wrong=(np.array([0, 3]), WRONG),
        classes=4,
        exact=MANY_CLASSES,
    ),
    Case(
        loss="BiTempered",
        label="smoothed",
        config={"t1": 0.4, "t2": 1.6, "label_smoothing": 0.1, "iterations": 3},
        draw=ids_logits,
        reference=bi_tempered(0.4, 1.6, 0.1, 3),
        edges={**ID_EDGES, "huge": HUGE_IDS},
        wrong=(np.array([0, 3]), WRONG),
        classes=4,
    ),
)
