"""Cases of the hinge loss of several classes."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE,
    WEIGHTS,
    WRONG_ROWS,
    one_hot_logits,
)


def categorical_hinge(weights: Any = (1.0, 1.0, 1.0, 1.0)) -> Any:
    """Keras's form: the right class enters the maximum of the wrong ones as 0."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        y, rows = np.argmax(y_true, axis=-1), np.arange(len(y_true))
        wrong = y_pred.copy()
        wrong[rows, y] = 0
        margin = y_pred[rows, y] - wrong.max(axis=-1)
        return np.asarray(weights)[y] * np.maximum(0, 1 - margin)

    return reference


TIED: Pair = (CORNERS, np.array([[2.0, 1.0, 2.0, 0.0], [1.0, 0.0, -1.0, -2.0]]))


CASES = (
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
