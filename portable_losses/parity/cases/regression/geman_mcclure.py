"""Cases of the Geman-McClure loss."""

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH, OUT


def geman_mcclure(y_true: Array, y_pred: Array) -> Array:
    """2 s / (s + 4), with a scale of 0.7."""
    s = ((y_pred - y_true) / 0.7) ** 2
    return np.asarray(np.mean(2 * s / (s + 4), axis=-1))


CASES = (
    Case(
        loss="GemanMcClure",
        config={"scale": 0.7},
        draw=real,
        reference=geman_mcclure,
        edges={"match": MATCH, "far": FAR},
        wrong=OUT,
    ),
)
