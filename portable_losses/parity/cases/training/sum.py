"""Cases of a weighted sum of losses."""

from typing import Any

import numpy as np

from portable_losses import Huber, MeanAbsoluteError, MeanSquaredError
from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import EXACT, real
from portable_losses.parity.cases.training._shared import W, huber

REDUCES_ITSELF = "a sum has no items, and no reduction of its own"


def squares_and_sizes(y_true: Array, y_pred: Array) -> Any:
    """0.7 of the squared and 0.3 of the absolute error."""
    r = y_true - y_pred
    return 0.7 * np.mean(r**2, axis=-1) + 0.3 * np.mean(np.abs(r), axis=-1)


def quarter_and_rest(y_true: Array, y_pred: Array) -> Any:
    """0.25 of the squared error and 0.75 of Huber's loss."""
    squares = np.mean((y_true - y_pred) ** 2, axis=-1)
    return 0.25 * squares + 0.75 * huber(y_true, y_pred)


# The first case is also used for saving and loading on other backends.
CASES = (
    Case(
        loss="Sum",
        label="moving",
        config={"terms": [(W, MeanSquaredError()), (1.0 - W, Huber(delta=W))]},
        draw=real,
        reference=quarter_and_rest,
        edges={"match": (EXACT, EXACT)},
        not_applicable={"weights": REDUCES_ITSELF},
    ),
    Case(
        loss="Sum",
        config={
            "terms": {
                "squares": (0.7, MeanSquaredError()),
                "sizes": (0.3, MeanAbsoluteError()),
            }
        },
        draw=real,
        reference=squares_and_sizes,
        edges={"match": (EXACT, EXACT)},
        not_applicable={"weights": REDUCES_ITSELF},
    ),
)
