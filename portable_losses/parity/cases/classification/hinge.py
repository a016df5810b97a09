"""Cases of the hinge losses of binary targets."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE_BINARY,
    WEIGHTS,
    WRONG_BINARY,
    binary_logits,
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


def signed_logits(rng: np.random.Generator, n: int) -> Pair:
    t, x = binary_logits(rng, n)
    return 2 * t - 1, x


ON_THE_MARGIN: Pair = (CORNERS, np.array([[-1.0, 1.0, 0.0, -1.0], [1.0, 0.5, -2, -1]]))


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
)
