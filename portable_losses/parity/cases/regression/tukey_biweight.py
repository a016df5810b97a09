"""Cases of Tukey's biweight loss."""

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH, OUT


def tukey_biweight(y_true: Array, y_pred: Array) -> Array:
    """Beaton and Tukey 1974, with a scale of 3."""
    r = y_pred - y_true
    inside = 1 - (1 - (r / 3) ** 2) ** 3
    return np.asarray(np.mean(9 / 6 * np.where(abs(r) <= 3, inside, 1.0), axis=-1))


CASES = (
    Case(
        loss="TukeyBiweight",
        config={"scale": 3.0},
        draw=real,
        reference=tukey_biweight,
        edges={
            "match": MATCH,
            "far": FAR,
            "joint": (np.zeros((2, 3)), np.array([[3.0, -3.0, 0.5], [2.0, 3.0, -2.9]])),
        },
        wrong=OUT,
    ),
)
