"""Cases of the expectile loss."""

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH


def expectile(y_true: Array, y_pred: Array) -> Array:
    """Newey and Powell 1987: abs(q - 1(t < p)) r^2, with q = 0.3."""
    below = (y_true < y_pred).astype("float64")
    return np.asarray(np.mean(abs(0.3 - below) * (y_true - y_pred) ** 2, axis=-1))


CASES = (
    Case(
        loss="Expectile",
        config={"expectile": 0.3},
        draw=real,
        reference=expectile,
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
)
