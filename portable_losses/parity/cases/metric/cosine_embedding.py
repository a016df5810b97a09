"""Cases of the cosine embedding loss."""

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.metric._views import EQUAL, SWAPPED, two_views, unit


def labeled(rng: np.random.Generator, n: int) -> Pair:
    return rng.choice([1, 0, -1], size=n), two_views(rng, n)[1]


def cosine_embedding(y_true: Array, y_pred: Array) -> Array:
    """PyTorch's definition with a margin of 0.2, pair after pair."""
    items = np.zeros(len(y_pred))
    for i, (a, b) in enumerate(unit(y_pred)):
        items[i] = 1 - a @ b if y_true[i] == 1 else max(0.0, a @ b - 0.2)
    return items


LABELS = np.array([1, 0, -1, 1])

CASES = (
    Case(
        loss="CosineEmbedding",
        config={"margin": 0.2},
        draw=labeled,
        reference=cosine_embedding,
        edges={
            "equal": (LABELS, EQUAL),
            "zeros": (LABELS, 0 * EQUAL),
            "long": (LABELS, 1e4 * SWAPPED),
        },
        wrong=(np.array([1, 1, 1, 1]), SWAPPED),
    ),
)
