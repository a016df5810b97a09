"""Cases of the negative cosine similarity."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.metric._views import (
    EQUAL,
    NOTHING,
    SWAPPED,
    two_views,
    unit,
)


def negative_cosine(y_true: Any, y_pred: Array, frozen: Array) -> Array:
    """Chen 2021, equations 1 and 3: the second view is a constant."""
    prediction, target = unit(y_pred[:, 0]), unit(frozen[:, 1])
    return np.array([-(p @ z) for p, z in zip(prediction, target, strict=True)])


CASES = (
    Case(
        loss="NegativeCosine",
        draw=two_views,
        reference=negative_cosine,
        edges={
            "equal": (NOTHING, EQUAL),
            "long": (NOTHING, 1e4 * SWAPPED),
            "zeros": (NOTHING, 0 * EQUAL),
        },
        wrong=(NOTHING, SWAPPED),
    ),
)
