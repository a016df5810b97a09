"""Cases of the negative peak signal-to-noise ratio."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.image._shared import (
    EDGES,
    SAMPLES,
    WRONG,
    images,
)


def negative_ratio(y_true: Array, y_pred: Array) -> Any:
    """10 log10(max_value^2 / mse), image by image, negative."""
    items = []
    for t, p in zip(y_true, y_pred, strict=True):
        mse = max(np.mean((p - t) ** 2), 1e-12 * 2.0**2)
        items.append(-10 * np.log10(2.0**2 / mse))
    return np.array(items)


CASES = (
    Case(
        loss="PeakSignalToNoise",
        config={"max_value": 2.0},
        draw=images,
        reference=negative_ratio,
        edges=EDGES,
        wrong=WRONG,
        samples=SAMPLES,
        sampled_gradient=True,
    ),
)
