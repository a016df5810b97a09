"""Cases of ArcFace."""

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


def arcface(margin: float, scale: float) -> Any:
    """Deng 2019, equation 3, by angles; beyond pi the continuation of their code."""

    def reference(y_true: Array, y_pred: Array) -> Array:
        t = np.eye(y_pred.shape[-1])[y_true] if y_true.ndim == 1 else y_true
        angle = np.arccos(np.clip(y_pred, -1.0, 1.0)) + margin
        # The finite differences step a little beyond 1, where arccos stays 0.
        turned = np.cos(angle) + (y_pred - np.clip(y_pred, -1.0, 1.0)) * np.cos(margin)
        past = y_pred - margin * np.sin(margin)
        with_margin = np.where(angle > np.pi, past, turned)
        logits = scale * (t * with_margin + (1 - t) * y_pred)
        return -np.sum(t * special.log_softmax(logits, axis=-1), axis=-1)

    return reference


CASES = (
    Case(
        loss="ArcFace",
        draw=cosines,
        reference=arcface(0.5, 64.0),
        edges=COSINE_EDGES,
        wrong=WRONG_COSINES,
        classes=4,
        exact=EXACT_COSINES,
    ),
)
