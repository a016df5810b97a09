"""Cases of the triplet loss of given triplets."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.metric._views import EQUAL, NOTHING, SWAPPED, unit


def triplets(rng: np.random.Generator, n: int) -> Pair:
    return np.zeros(n), rng.normal(size=(n, 3, 4))


def triplet_views(
    distance: str = "squared_euclidean",
    margin: float = 0.2,
    soft: bool = False,
    normalize: bool = True,
) -> Any:
    """Schroff 2015 and Hermans 2017, triplet after triplet."""

    def apart(a: Array, b: Array) -> float:
        if distance == "cosine":
            return float(1 - unit(a) @ unit(b))
        square = float(np.sum((a - b) ** 2))
        return square if distance == "squared_euclidean" else float(np.sqrt(square))

    def reference(y_true: Any, y_pred: Array) -> Array:
        items = np.zeros(len(y_pred))
        for i, triplet in enumerate(unit(y_pred) if normalize else y_pred):
            anchor, positive, negative = triplet
            gap = apart(anchor, positive) - apart(anchor, negative) + margin
            items[i] = np.logaddexp(0.0, gap) if soft else max(gap, 0.0)
        return items

    return reference


# The positive is opposite to the anchor, and the negative near it.
WRONG = np.concatenate([SWAPPED, 0.9 * SWAPPED[:, :1] + 0.05], axis=1)
EDGES = {
    "equal": (NOTHING, np.concatenate([EQUAL, EQUAL[:, :1]], axis=1)),
    "zeros": (NOTHING, 0 * WRONG),
    "long": (NOTHING, 1e2 * WRONG),
}

CONFIGS: dict[str, dict[str, Any]] = {
    "": {},
    "raw": {
        "distance": "euclidean",
        "margin": 1.0,
        "soft": True,
        "normalize": False,
    },
}

CASES = tuple(
    Case(
        loss="TripletViews",
        label=label,
        config=config,
        draw=triplets,
        reference=triplet_views(**config),
        edges=EDGES,
        wrong=(NOTHING, WRONG),
    )
    for label, config in CONFIGS.items()
)
