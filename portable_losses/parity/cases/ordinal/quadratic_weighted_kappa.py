"""Cases of the quadratic weighted kappa."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.ordinal._shared import (
    CLASSES,
    FAR,
    one_hot,
    probabilities,
    soft,
    softmax,
)


def kappa(y_true: Array, p: Array) -> Any:
    """de la Torre 2018: weighted disagreement, observed over expected by chance."""
    t = one_hot(y_true, p.shape[-1]).astype("float64")
    seen = chance = 0.0
    for i in range(p.shape[-1]):
        for j in range(p.shape[-1]):
            seen += (i - j) ** 2 * np.sum(t[:, i] * p[:, j])
            chance += (i - j) ** 2 * np.sum(t[:, i]) * np.sum(p[:, j]) / len(p)
    return seen / chance if chance else np.asarray(0.0)


def log_kappa(y_true: Array, z: Array) -> Any:
    return np.log(np.maximum(kappa(y_true, softmax(z)), 1e-7))


RIGHT = np.eye(CLASSES)
ONE = np.array([2, 2])

CASES = (
    Case(
        loss="QuadraticWeightedKappa",
        config={"num_classes": CLASSES},
        kind="statistic",
        draw=probabilities,
        reference=kappa,
        edges={
            "right": (np.arange(CLASSES), RIGHT),
            "wrong": (np.arange(CLASSES), RIGHT[::-1].copy()),
            "one class": (ONE, RIGHT[ONE]),
            "one sample": (np.array([1]), np.full((1, CLASSES), 0.25)),
        },
        classes=CLASSES,
    ),
    Case(
        loss="QuadraticWeightedKappa",
        label="log",
        config={"num_classes": CLASSES, "log": True, "from_logits": True},
        kind="statistic",
        draw=soft,
        reference=log_kappa,
        edges={
            "far": (np.eye(CLASSES)[[0, 2, 1, 0]], FAR),
            "zero": (np.eye(CLASSES), np.zeros((CLASSES, CLASSES))),
        },
        wrong=(np.eye(CLASSES), 6 * np.eye(CLASSES)[[3, 2, 0, 0]]),
        not_applicable={"vector": "two classes are the least that have an order"},
    ),
)
