"""Cases of the F1 score of soft counts."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE_BINARY,
    INF,
    MASKED_BINARY,
    binary_logits,
    ids_probabilities,
)


def f1(hits: Any, false_positives: Any, false_negatives: Any) -> Any:
    size = 2 * hits + false_positives + false_negatives
    return np.where(size == 0, 0.0, 2 * hits / np.where(size == 0, 1.0, size))


def macro(y_true: Array, y_pred: Array, frozen: Array) -> Any:
    """The score of each class; probabilities are divided by their sum, a constant."""
    p = y_pred / frozen.sum(axis=-1, keepdims=True)
    t = np.eye(p.shape[-1])[y_true]
    scores = [
        f1(np.sum(a * b), np.sum((1 - a) * b), np.sum(a * (1 - b)))
        for a, b in zip(t.T, p.T, strict=True)
    ]
    return 1 - np.mean(scores)


def micro(y_true: Array, y_pred: Array) -> Any:
    """The score of the counts of independent labels, of logits."""
    t, p = np.asarray(y_true, "float64"), special.expit(y_pred)
    return 1 - f1(np.sum(t * p), np.sum((1 - t) * p), np.sum(t * (1 - p)))


CASES = (
    Case(
        loss="SoftF1",
        label="classes",
        kind="statistic",
        draw=ids_probabilities,
        reference=macro,
        edges={
            "right": (np.arange(3), np.eye(4)[:3]),
            "wrong": (np.arange(3), np.eye(4)[3:0:-1]),
            "class 3 is absent": (np.arange(3), np.eye(4)[[1, 1, 2]]),
            "sum 2": (np.arange(3), 0.5 * np.ones((3, 4))),
        },
        classes=4,
    ),
    Case(
        loss="SoftF1",
        label="labels",
        kind="statistic",
        config={"multilabel": True, "from_logits": True, "average": "micro"},
        draw=binary_logits,
        reference=micro,
        edges={
            "huge": HUGE_BINARY,
            "infinite": MASKED_BINARY,
            "nearly right": (CORNERS, 18.0 * CORNERS - 9.0),
            "nothing": (np.zeros((2, 4)), np.full((2, 4), -INF)),
        },
    ),
)
