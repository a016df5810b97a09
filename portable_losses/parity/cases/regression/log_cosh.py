"""Cases of the logarithm of the hyperbolic cosine."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH


def log_cosh(y_true: Array, y_pred: Array) -> Any:
    r = np.abs(np.asarray(y_true, "float64") - y_pred)
    # cosh r == 1 + 2 sinh(r / 2)^2
    near = np.log1p(2 * np.sinh(np.minimum(r, 1.0) / 2) ** 2)
    far = r + np.log1p(np.exp(-2 * r)) - np.log(2)
    return np.mean(np.where(r < 1, near, far), axis=-1)


CASES = (
    Case(
        loss="LogCosh",
        draw=real,
        reference=log_cosh,
        edges={
            "match": MATCH,
            "far": FAR,
            "near": (np.zeros((2, 3)), np.array([[1e-4, -1e-3, 1e-5], [3e-4, 0, 0]])),
        },
        wrong=FAR,
    ),
)
