"""Cases of the general robust loss."""

import math
from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH


def general_robust(alpha: float, scale: float = 1.0) -> Any:
    """Barron 2019, equation 8, case by case."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        half = ((y_pred - y_true) / scale) ** 2 / 2
        if alpha == 2:
            rho = half
        elif alpha == 0:
            rho = np.log1p(half)
        elif alpha == -math.inf:
            rho = -np.expm1(-half)
        else:
            b = abs(alpha - 2)
            rho = b / alpha * np.expm1(alpha / 2 * np.log1p(2 * half / b))
        return np.mean(rho, axis=-1)

    return reference


CASES = (
    Case(
        loss="GeneralRobust",
        draw=real,
        reference=general_robust(1.0),
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
    *(
        Case(
            loss="GeneralRobust",
            label=f"alpha={alpha:g}",
            config={"alpha": alpha, "scale": 0.7},
            draw=real,
            reference=general_robust(alpha, 0.7),
            edges={"match": MATCH, "far": FAR},
            wrong=FAR if alpha >= 0 else None,  # for alpha < 0 the gradient tends to 0
        )
        for alpha in (-math.inf, 0.0, 2.0, 3.5)
    ),
)
