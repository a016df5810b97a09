"""Cases of the triplet loss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.metric._shared import (
    BASIS,
    CROSSED,
    LABELS_24,
    PAIRS,
    TOGETHER,
    labelled,
)

# Three points, each with label 0 and with label 1.
DUPLICATES = np.array([0, 1, 0, 1, 0, 1]), np.repeat(CROSSED[:3], 2, axis=0)


def triplet(
    mining: str = "semi_hard",
    distance: str = "squared_euclidean",
    margin: float = 0.2,
    soft: bool = False,
) -> Any:
    """Schroff 2015 and Hermans 2017, triplet after triplet."""

    def apart(a: Array, b: Array) -> float:
        if distance == "cosine":
            return float(1 - a @ b)
        square = float(np.sum((a - b) ** 2))
        return square if distance == "squared_euclidean" else float(np.sqrt(square))

    def cost(near: float, far: float) -> float:
        gap = near - far + margin
        return float(np.logaddexp(0.0, gap)) if soft else max(gap, 0.0)

    def item(positives: list[float], negatives: list[float]) -> float:
        if mining == "hard":
            return cost(max(positives), min(negatives))
        if mining == "all":
            costs = [cost(p, n) for p in positives for n in negatives]
            costs = [c for c in costs if c > 0]
            return float(np.mean(costs)) if costs else 0.0
        costs = [
            cost(p, min((n for n in negatives if n > p), default=max(negatives)))
            for p in positives
        ]
        return float(np.mean(costs))

    def reference(y_true: Array, y_pred: Array) -> Any:
        length = np.linalg.norm(y_pred, axis=-1, keepdims=True)
        z = np.divide(y_pred, length, out=np.zeros_like(y_pred), where=length > 0)
        items, kept = np.zeros(len(z)), np.zeros(len(z), "bool")
        for a, anchor in enumerate(z):
            others = [i for i in range(len(z)) if i != a]
            positives = [apart(anchor, z[i]) for i in others if y_true[i] == y_true[a]]
            negatives = [apart(anchor, z[i]) for i in others if y_true[i] != y_true[a]]
            if positives and negatives:
                items[a], kept[a] = item(positives, negatives), True
        return items, kept

    return reference


EDGES = {
    "together": (PAIRS, TOGETHER),
    "apart": (PAIRS, BASIS),
    "duplicates": DUPLICATES,
    "one class": (np.zeros(4, "int64"), CROSSED),
    "alone": (np.arange(4), CROSSED),
    "zeros": (PAIRS, 0 * BASIS),
}

CONFIGS: dict[str, dict[str, Any]] = {
    "": {},
    "hard": {"mining": "hard", "distance": "euclidean"},
    "all": {"mining": "all", "margin": 0.5},
    "all, soft": {"mining": "all", "soft": True, "distance": "euclidean"},
    "cosine": {"distance": "cosine", "margin": 0.4, "soft": True},
}

CASES = tuple(
    Case(
        loss="Triplet",
        label=label,
        config=config,
        kind="batch",
        draw=labelled,
        reference=triplet(**config),
        edges=EDGES,
        wrong=(PAIRS, CROSSED),
        exact=(LABELS_24, CROSSED),
    )
    for label, config in CONFIGS.items()
)
