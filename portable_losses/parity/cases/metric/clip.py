"""Cases of the loss of CLIP."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.metric._views import (
    EQUAL,
    NOTHING,
    SWAPPED,
    two_views,
    unit,
)


def clip(y_true: Any, y_pred: Array) -> Array:
    """Radford 2021, figure 3: the cross-entropies of rows and columns of the logits."""
    images, texts = unit(y_pred[:, 0]), unit(y_pred[:, 1])
    logits = images @ texts.T / 0.07
    shifted = np.exp(logits - logits.max())
    by_image = -np.log(np.diag(shifted) / shifted.sum(axis=1))
    by_text = -np.log(np.diag(shifted) / shifted.sum(axis=0))
    return (by_image + by_text) / 2


CASES = (
    Case(
        loss="CLIP",
        kind="batch",
        draw=two_views,
        reference=clip,
        edges={"equal": (NOTHING, EQUAL), "zeros": (NOTHING, 0 * EQUAL)},
        wrong=(NOTHING, SWAPPED),
    ),
)
