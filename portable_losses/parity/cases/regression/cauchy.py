"""Cases of the Cauchy loss."""

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH


def cauchy(y_true: Array, y_pred: Array) -> Array:
    """log(1 + u^2 / 2), with a scale of 0.7."""
    u = (y_pred - y_true) / 0.7
    return np.asarray(np.mean(np.log1p(u**2 / 2), axis=-1))


CASES = (
    Case(
        loss="Cauchy",
        config={"scale": 0.7},
        draw=real,
        reference=cauchy,
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
)
