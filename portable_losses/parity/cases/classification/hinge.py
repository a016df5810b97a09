"""Cases of the hinges."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE,
    HUGE_BINARY,
    WEIGHTS,
    WRONG_BINARY,
    WRONG_ROWS,
    binary_logits,
    one_hot_logits,
)


def signs(y: Array) -> Array:
    """Labels 0 and 1 as -1 and 1."""
    return np.where(y == 0, -1.0, y)


def hinge(power: int, weights: Any = 1.0, positive: Any = 1.0) -> Any:
    """The shortfall from a margin of 1, to a power."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        y = signs(y_true)
        w = np.asarray(weights) * np.where(y > 0, np.asarray(positive), 1.0)
        return np.mean(w * np.maximum(0, 1 - y * y_pred) ** power, axis=-1)

    return reference


def categorical_hinge(weights: Any = (1.0, 1.0, 1.0, 1.0)) -> Any:
    """Keras's form: the right class enters the maximum of the wrong ones as 0."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        y, rows = np.argmax(y_true, axis=-1), np.arange(len(y_true))
        wrong = y_pred.copy()
        wrong[rows, y] = 0
        margin = y_pred[rows, y] - wrong.max(axis=-1)
        return np.asarray(weights)[y] * np.maximum(0, 1 - margin)

    return reference


def signed_logits(rng: np.random.Generator, n: int) -> Pair:
    t, x = binary_logits(rng, n)
    return 2 * t - 1, x


ON_THE_MARGIN: Pair = (CORNERS, np.array([[-1.0, 1.0, 0.0, -1.0], [1.0, 0.5, -2, -1]]))
TIED: Pair = (CORNERS, np.array([[2.0, 1.0, 2.0, 0.0], [1.0, 0.0, -1.0, -2.0]]))


CASES = (
    Case(
        loss="Hinge",
        draw=binary_logits,
        reference=hinge(1),
        edges={"huge": HUGE_BINARY, "margin": ON_THE_MARGIN},
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="Hinge",
        label="weights",
        config={"class_weights": WEIGHTS, "pos_weight": 3.0},
        draw=signed_logits,
        reference=hinge(1, WEIGHTS, 3.0),
        not_applicable={"vector": "one weight per column needs four columns"},
    ),
    Case(
        loss="SquaredHinge",
        draw=signed_logits,
        reference=hinge(2),
        edges={"huge": HUGE_BINARY, "margin": ON_THE_MARGIN},
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="CategoricalHinge",
        draw=one_hot_logits,
        reference=categorical_hinge(),
        edges={"huge": (CORNERS, HUGE), "tied": TIED},
        wrong=WRONG_ROWS,
    ),
    Case(
        loss="CategoricalHinge",
        label="weights",
        config={"class_weights": WEIGHTS},
        draw=one_hot_logits,
        reference=categorical_hinge(WEIGHTS),
        not_applicable={"vector": "one weight per class needs four classes"},
    ),
)
