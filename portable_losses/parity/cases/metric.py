"""Cases of the losses of embeddings."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair


def labelled(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 3, n), rng.normal(size=(n, 5))


def labelled_unit(rng: np.random.Generator, n: int) -> Pair:
    t, x = labelled(rng, n)
    return t, x / np.linalg.norm(x, axis=-1, keepdims=True)


def views(rng: np.random.Generator, n: int) -> Pair:
    first = 0.7 * rng.normal(size=(n, 4))
    second = first + 0.3 * rng.normal(size=(n, 4))
    return np.zeros(n), np.stack([first, second], axis=1)


PAIRS = np.array([0, 0, 1, 1])
BASIS = np.eye(4)
TOGETHER = np.full((4, 4), 0.5)
# Neighbors of another class, and a class at opposite ends.
CROSSED = np.array(
    [
        [1.0, 0.1, 0.0, 0.2],
        [-1.0, 0.1, 0.3, 0.0],
        [0.9, 0.0, 0.1, 0.2],
        [-0.9, 0.2, 0.2, 0.1],
    ]
)
CROSSED_UNIT = CROSSED / np.linalg.norm(CROSSED, axis=-1, keepdims=True)
LABELS_24 = np.array([2**24, 2**24, 2**24 + 1, 2**24 + 1])


def supervised_contrastive(temperature: float) -> Any:
    """Khosla 2020, equation 2, anchor after anchor."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        length = np.linalg.norm(y_pred, axis=-1, keepdims=True)
        z = np.divide(y_pred, length, out=np.zeros_like(y_pred), where=length > 0)
        items, kept = np.zeros(len(z)), np.zeros(len(z), "bool")
        for i, anchor in enumerate(z):
            others = [a for a in range(len(z)) if a != i]
            positives = [p for p in others if y_true[p] == y_true[i]]
            if positives:
                s = z @ anchor / temperature
                total = special.logsumexp(s[others])
                items[i] = -np.mean([s[p] - total for p in positives])
                kept[i] = True
        return items, kept

    return reference


def circle(gamma: float, margin: float) -> Any:
    """Sun 2020, equation 6, in cosine distances; the mean is over active anchors."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        items = np.zeros(len(y_pred))
        for i in range(len(y_pred)):
            near, far = [], []
            for j in range(len(y_pred)):
                d = max(1 - y_pred[i] @ y_pred[j], 0.0)
                if y_true[i] != y_true[j]:
                    weight = max(1 + margin - d, 0.0)
                    far.append(gamma * weight * (1 - margin - d))
                elif i != j:
                    near.append(gamma * (margin + d) * (d - margin))
            if near and far:
                total = special.logsumexp(near) + special.logsumexp(far)
                items[i] = np.logaddexp(0.0, total)
        return items, items > 0

    return reference


def vicreg(y_true: Any, y_pred: Array) -> Any:
    """Bardes 2022, equations 1 to 6, as published code weighs the terms."""
    first, second = y_pred[:, 0], y_pred[:, 1]
    total = 25.0 * np.mean((first - second) ** 2)
    if len(y_pred) == 1:
        return total
    for view in (first, second):
        spread = np.sqrt(np.var(view, axis=0, ddof=1) + 1e-4)
        total += 25.0 / 2 * np.mean(np.maximum(0.0, 1 - spread))
        c = np.cov(view, rowvar=False)
        total += np.sum((c - np.diag(np.diag(c))) ** 2) / len(c)
    return total


CASES = (
    Case(
        loss="Circle",
        kind="batch",
        draw=labelled_unit,
        reference=circle(80.0, 0.4),
        edges={
            "together": (PAIRS, TOGETHER),
            "apart": (PAIRS, BASIS),
            "opposite": (PAIRS, np.array([[1.0], [-1.0], [1.0], [-1.0]]) * BASIS[:1]),
            "alone": (np.arange(4), TOGETHER),
        },
        wrong=(PAIRS, CROSSED_UNIT),
        exact=(LABELS_24, CROSSED_UNIT),
    ),
    Case(
        loss="Circle",
        label="gamma=2",
        config={"gamma": 2.0, "margin": 0.25},
        kind="batch",
        draw=labelled_unit,
        reference=circle(2.0, 0.25),
    ),
    Case(
        loss="SupervisedContrastive",
        kind="batch",
        draw=labelled,
        reference=supervised_contrastive(0.1),
        edges={
            "together": (PAIRS, TOGETHER),
            "apart": (PAIRS, BASIS),
            "long": (PAIRS, 1e4 * CROSSED),
            "zeros": (PAIRS, 0 * BASIS),
            "alone": (np.arange(4), CROSSED),
        },
        wrong=(PAIRS, CROSSED),
        exact=(LABELS_24, CROSSED),
    ),
    Case(
        loss="SupervisedContrastive",
        label="temperature=0.01",
        config={"temperature": 0.01},
        kind="batch",
        draw=labelled,
        reference=supervised_contrastive(0.01),
    ),
    Case(
        loss="VICReg",
        kind="statistic",
        draw=views,
        reference=vicreg,
        edges={
            "together": (np.zeros(4), np.ones((4, 2, 3))),
            "one column": (np.zeros(4), np.stack([BASIS[:, :1] * BASIS[:1]] * 2, 1)),
        },
    ),
)
