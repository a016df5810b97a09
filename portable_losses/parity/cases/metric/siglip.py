"""Cases of the loss of SigLIP."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.metric._views import (
    EQUAL,
    NOTHING,
    SAME,
    SWAPPED,
    two_views,
    unit,
)


def siglip(scale: float = 10.0, bias: float = -10.0, normalize: bool = True) -> Any:
    """Zhai 2023, section 3.2, pair after pair."""

    def reference(y_true: Any, y_pred: Array) -> Array:
        z = unit(y_pred) if normalize else y_pred
        items = np.zeros(len(z))
        for i in range(len(z)):
            for j in range(len(z)):
                sign = 1.0 if i == j else -1.0
                logit = scale * (z[i, 0] @ z[j, 1]) + bias
                items[i] += np.logaddexp(0.0, -sign * logit)
        return items

    return reference


CASES = (
    Case(
        loss="SigLIP",
        kind="batch",
        draw=two_views,
        reference=siglip(),
        edges={
            "same": (NOTHING, SAME),
            "equal": (NOTHING, EQUAL),
            "zeros": (NOTHING, 0 * SAME),
        },
        wrong=(NOTHING, SWAPPED),
    ),
    Case(
        loss="SigLIP",
        label="raw",
        config={"scale": 1.0, "bias": 0.5, "normalize": False},
        kind="batch",
        draw=two_views,
        reference=siglip(1.0, 0.5, normalize=False),
        edges={
            "wrong by 1e4": (NOTHING, 1e2 * SWAPPED),
            "right by 1e4": (NOTHING, 1e2 * SAME),
        },
        wrong=(NOTHING, 1e2 * SWAPPED),
    ),
    Case(
        loss="SigLIP",
        label="in chunks",
        config={"chunk_size": 3},
        kind="batch",
        draw=two_views,
        reference=siglip(),
        edges={"equal": (NOTHING, EQUAL), "zeros": (NOTHING, 0 * SAME)},
        wrong=(NOTHING, SWAPPED),
    ),
)
