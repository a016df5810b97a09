"""Cases of the drop-ins for Keras's Dice and Tversky."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.segmentation._shared import EPSILON, ROWS, soft_rows


def masks(rng: np.random.Generator, n: int) -> Pair:
    return rng.uniform(size=(n, 3, 2, 1)), rng.uniform(size=(n, 3, 2, 1))


def keras_overlap(axis: Any, alpha: float, beta: float) -> Any:
    """TP / (TP + alpha FP + beta FN + epsilon) over `axis`; Dice has alpha = beta =
    0.5.

    Keras's Dice has twice this denominator plus epsilon, so epsilon is halved here.
    """
    dice = alpha == beta == 0.5

    def reference(y_true: Array, y_pred: Array) -> Any:
        hit = np.sum(y_true * y_pred, axis=axis)
        false_negatives = np.sum(y_true * (1 - y_pred), axis=axis)
        false_positives = np.sum((1 - y_true) * y_pred, axis=axis)
        epsilon = EPSILON / 2 if dice else EPSILON
        score = hit / (hit + alpha * false_positives + beta * false_negatives + epsilon)
        empty = np.sum(y_true, axis=axis) + np.sum(y_pred, axis=axis) == 0
        return np.where(empty, 0.0, 1 - score)

    return reference


CASES = (
    Case(
        loss="Dice",
        kind="statistic",
        draw=masks,
        reference=keras_overlap(None, 0.5, 0.5),
        edges={
            "empty": (0 * ROWS, 0 * ROWS),
            "corners": (ROWS, np.roll(ROWS, 1, axis=-1)),
        },
    ),
    Case(
        loss="Dice",
        label="samples",
        config={"axis": (1, 2, 3)},
        draw=masks,
        reference=keras_overlap((1, 2, 3), 0.5, 0.5),
        edges={
            "empty": (0 * ROWS, np.stack([0 * ROWS[0], ROWS[1]])),
            "corners": (ROWS, np.roll(ROWS, 1, axis=-1)),
        },
    ),
    Case(
        loss="Tversky",
        label="classes",
        config={"alpha": 0.3, "beta": 0.7, "axis": (1, 2)},
        draw=soft_rows,
        reference=keras_overlap((1, 2), 0.3, 0.7),
        edges={
            "empty": (0 * ROWS, np.stack([0 * ROWS[0], ROWS[1]])),
            "corners": (ROWS, np.roll(ROWS, 1, axis=-1)),
        },
    ),
    Case(
        loss="Tversky",
        label="batch",
        config={"alpha": 0.7, "beta": 0.3},
        kind="statistic",
        draw=masks,
        reference=keras_overlap(None, 0.7, 0.3),
    ),
)
