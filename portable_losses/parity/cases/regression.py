"""Cases of the regression losses."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair

WEIGHTS = (0.5, 2.0, 1.0)


def real(rng: np.random.Generator, n: int) -> Pair:
    """Targets and predictions on the real line."""
    return rng.normal(size=(n, 3)), 2.0 * rng.normal(size=(n, 3))


EXACT = np.array([[0.0, 1.5, -2.0], [3.0, 0.0, 0.25]])
MATCH: Pair = (EXACT, EXACT)
FAR: Pair = (np.zeros((2, 3)), np.array([[1e4, -1e4, 10.0], [-1e4, 1e4, 1e3]]))


def squared_error(y_true: Array, y_pred: Array) -> Any:
    return np.mean((y_true - y_pred) ** 2, axis=-1)


def weighted_squared_error(y_true: Array, y_pred: Array) -> Any:
    return np.mean(np.array(WEIGHTS) * (y_true - y_pred) ** 2, axis=-1)


def huber(delta: float) -> Any:
    """Huber 1964: quadratic inside delta, linear outside."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        r = np.abs(y_true - y_pred)
        return np.mean(np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)), axis=-1)

    return reference


CASES = (
    Case(
        loss="MeanSquaredError",
        draw=real,
        reference=squared_error,
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
    Case(
        loss="MeanSquaredError",
        label="class_weights",
        config={"class_weights": WEIGHTS},
        draw=real,
        reference=weighted_squared_error,
        not_applicable={"vector": "one weight per column needs three columns"},
    ),
    Case(
        loss="Huber",
        draw=real,
        reference=huber(1.0),
        edges={
            "match": MATCH,
            "far": FAR,
            "joint": (np.zeros((2, 3)), np.array([[1.0, -1.0, 0.5], [2.0, 1.0, 0.0]])),
        },
        wrong=FAR,
    ),
    Case(
        loss="Huber",
        label="delta=0.3",
        config={"delta": 0.3},
        draw=real,
        reference=huber(0.3),
    ),
)
