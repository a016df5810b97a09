"""Cases of CosFace."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.metric._shared import (
    COSINE_EDGES,
    EXACT_COSINES,
    WRONG_COSINES,
    cosines,
)


def cosface(margin: float, scale: float) -> Any:
    """Wang 2018, equation 4."""

    def reference(y_true: Array, y_pred: Array) -> Array:
        t = np.eye(y_pred.shape[-1])[y_true] if y_true.ndim == 1 else y_true
        logits = scale * (y_pred - margin * t)
        return -np.sum(t * special.log_softmax(logits, axis=-1), axis=-1)

    return reference


CASES = (
    Case(
        loss="CosFace",
        draw=cosines,
        reference=cosface(0.35, 64.0),
        edges=COSINE_EDGES,
        wrong=WRONG_COSINES,
        classes=4,
        exact=EXACT_COSINES,
    ),
)
