"""Cases of the Welsch loss."""

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH, OUT


def welsch(y_true: Array, y_pred: Array) -> Array:
    """1 - exp(-u^2 / 2), with a scale of 0.7."""
    u = (y_pred - y_true) / 0.7
    return np.asarray(np.mean(-np.expm1(-(u**2) / 2), axis=-1))


CASES = (
    Case(
        loss="Welsch",
        config={"scale": 0.7},
        draw=real,
        reference=welsch,
        edges={"match": MATCH, "far": FAR},
        wrong=OUT,
    ),
)
