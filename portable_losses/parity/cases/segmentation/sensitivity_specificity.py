"""Cases of the sensitivity-specificity loss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.segmentation._overlap import region_losses
from portable_losses.parity.cases.segmentation._shared import (
    EDGES,
    LOGIT_EDGES,
    MAP,
    SURE,
    VOID,
    WEIGHTS,
    ids_with_void,
    soft_rows,
    softmax,
)


def errors(weight: float, weights: Any = None) -> Any:
    """Brosch 2015, equation 11, for each class."""

    def item(t: Array, p: Array) -> Any:
        losses = []
        for r, q in zip(t.T, p.T, strict=True):
            error = (r - q) ** 2
            inside = np.average(error, weights=r) if r.any() else 0.0
            outside = np.average(error, weights=1 - r) if (1 - r).any() else 0.0
            losses.append(weight * inside + (1 - weight) * outside)
        return np.average(losses, weights=weights)

    return item


CASES = (
    Case(
        loss="SensitivitySpecificity",
        label="soft targets",
        draw=soft_rows,
        reference=region_losses(errors(0.05)),
        edges=EDGES,
    ),
    Case(
        loss="SensitivitySpecificity",
        label="logits, map",
        config={
            "weight": 0.7,
            "activation": "softmax",
            "class_weights": WEIGHTS,
            "ignore_class": VOID,
        },
        draw=ids_with_void,
        reference=region_losses(errors(0.7, WEIGHTS), softmax),
        edges=LOGIT_EDGES,
        wrong=(MAP[1:].clip(0, 2), np.roll(SURE[1:], 1, axis=-1)),
        classes=3,
    ),
)
