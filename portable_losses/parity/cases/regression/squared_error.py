"""Cases of the squared error."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH

WEIGHTS = (0.5, 2.0, 1.0)


def squared_error(y_true: Array, y_pred: Array) -> Any:
    return np.mean((y_true - y_pred) ** 2, axis=-1)


def weighted_squared_error(y_true: Array, y_pred: Array) -> Any:
    return np.mean(np.array(WEIGHTS) * (y_true - y_pred) ** 2, axis=-1)


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
)
