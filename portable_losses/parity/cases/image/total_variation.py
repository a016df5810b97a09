"""Cases of the total variation."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.image._shared import IMAGE, SAMPLES, images


def noise(rng: np.random.Generator, n: int) -> Pair:
    return None, images(rng, n)[1]


def total_variation(y_true: Any, y_pred: Array) -> Any:
    """The mean distance of vertical and horizontal neighbors."""
    items = []
    for p in y_pred:
        below = [abs(b - a) for a, b in zip(p[:-1], p[1:], strict=True)]
        beside = [abs(p[:, j + 1] - p[:, j]) for j in range(p.shape[1] - 1)]
        items.append(np.mean(below) + np.mean(beside))
    return np.array(items)


CASES = (
    Case(
        loss="TotalVariation",
        draw=noise,
        reference=total_variation,
        edges={
            "constant": (None, 0 * IMAGE + 0.3),
            "steps": (None, np.round(2 * IMAGE)),
        },
        samples=SAMPLES,
        sampled_gradient=True,
    ),
)
