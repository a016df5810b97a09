"""Cases of the thresholded absolute error."""

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH


def thresholded(y_true: Array, y_pred: Array) -> Array:
    """abs(r), four times where it is above 0.75."""
    size = abs(y_pred - y_true)
    return np.asarray(np.mean(np.where(size > 0.75, 4 * size, size), axis=-1))


CASES = (
    Case(
        loss="ThresholdedAbsoluteError",
        config={"threshold": 0.75, "factor": 4.0},
        draw=real,
        reference=thresholded,
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
)
