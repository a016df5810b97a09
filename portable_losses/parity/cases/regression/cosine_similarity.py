"""Cases of the cosine similarity."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases._shared import EXACT, real
from portable_losses.parity.cases.regression._shared import FAR


def vectors(rng: np.random.Generator, n: int) -> Pair:
    """Vectors along the second axis."""
    return rng.normal(size=(n, 3, 2)), rng.normal(size=(n, 3, 2))


def cosine(axis: int) -> Any:
    """The negative cosine; 0 for a zero vector, where its gradient is a convention."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        lengths = [
            np.sqrt(np.sum(np.asarray(x, "float64") ** 2, axis=axis))
            for x in (y_true, y_pred)
        ]
        zero = (lengths[0] == 0) | (lengths[1] == 0)
        # NaN for vectors close to 0, so that differences across 0 are not compared:
        # the gradient at 0 is a convention.
        lengths[1] = np.where(lengths[1] < 1e-5, np.nan, lengths[1])
        dot = np.sum(np.asarray(y_true, "float64") * y_pred, axis=axis)
        return -np.where(zero, 0.0, dot / np.where(zero, 1.0, lengths[0] * lengths[1]))

    return reference


CASES = (
    Case(
        loss="CosineSimilarity",
        draw=real,
        reference=cosine(-1),
        edges={
            "zero": (
                np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
                np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]),
            ),
            "long": (FAR[1], np.array([[1e4, 1e4, -1e3], [1e3, 1e-3, 1e4]])),
            "short": (EXACT, np.array([[1e-3, 2e-3, 1e-3], [-1e-3, 1e-3, 0.0]])),
        },
    ),
    Case(
        loss="CosineSimilarity",
        label="axis=1",
        config={"axis": 1},
        draw=vectors,
        reference=cosine(1),
    ),
)
