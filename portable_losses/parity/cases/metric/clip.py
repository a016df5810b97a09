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


def clip(temperature: float = 0.07) -> Any:
    """Radford 2021, figure 3: the cross-entropies of rows and columns of the logits."""

    def reference(y_true: Any, y_pred: Array) -> Array:
        images, texts = unit(y_pred[:, 0]), unit(y_pred[:, 1])
        logits = images @ texts.T / temperature
        shifted = np.exp(logits - logits.max())
        by_image = -np.log(np.diag(shifted) / shifted.sum(axis=1))
        by_text = -np.log(np.diag(shifted) / shifted.sum(axis=0))
        return (by_image + by_text) / 2

    return reference


CASES = (
    Case(
        loss="CLIP",
        kind="batch",
        draw=two_views,
        reference=clip(),
        edges={"equal": (NOTHING, EQUAL), "zeros": (NOTHING, 0 * EQUAL)},
        wrong=(NOTHING, SWAPPED),
    ),
    Case(
        loss="CLIP",
        label="temperature=0.01, in chunks",
        config={"temperature": 0.01, "chunk_size": 3},
        kind="batch",
        draw=two_views,
        reference=clip(0.01),
        edges={"equal": (NOTHING, EQUAL), "zeros": (NOTHING, 0 * EQUAL)},
        wrong=(NOTHING, SWAPPED),
    ),
)
