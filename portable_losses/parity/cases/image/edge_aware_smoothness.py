"""Cases of the edge-aware smoothness."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.image._shared import IMAGE, SAMPLES, images


def guided(rng: np.random.Generator, n: int) -> Pair:
    return images(rng, n, channels=3)[0], images(rng, n)[0]


def guided_first(rng: np.random.Generator, n: int) -> Pair:
    t, p = guided(rng, n)
    return np.moveaxis(t, -1, 1), 3 * np.moveaxis(p, -1, 1)


def along_rows(t: Array, p: Array, order: int, weight: float) -> Any:
    """Godard 2017, equation 3, one direction: pixel by pixel along axis 0."""
    terms = []
    for i in range(len(p) - order):
        change, edge = p[i + 1] - p[i], t[i + 1] - t[i]
        if order == 2:
            change, edge = p[i + 2] - 2 * p[i + 1] + p[i], (t[i + 2] - t[i]) / 2
        edge = np.mean(np.abs(edge), axis=-1, keepdims=True)
        terms.append(np.abs(change) * np.exp(-weight * edge))
    return np.mean(terms)


def smoothness(order: int, weight: float, by_mean: bool, first: bool) -> Any:
    def reference(y_true: Array, y_pred: Array) -> Any:
        items = []
        for t, p in zip(y_true.astype("float64"), y_pred, strict=True):
            if first:
                t, p = np.moveaxis(t, 0, -1), np.moveaxis(p, 0, -1)
            if by_mean:
                p = p / np.mean(p, axis=(0, 1))
            turned = np.swapaxes(t, 0, 1), np.swapaxes(p, 0, 1)
            one = along_rows(t, p, order, weight)
            items.append(one + along_rows(*turned, order, weight))
        return np.array(items)

    return reference


GUIDE = np.repeat(np.round(IMAGE[..., :1]), 3, axis=-1)

CASES = (
    Case(
        loss="EdgeAwareSmoothness",
        config={"weight": 2.0},
        draw=guided,
        reference=smoothness(1, 2.0, by_mean=False, first=False),
        edges={
            "constant": (GUIDE, 0 * IMAGE + 0.3),
            "steps": (255 * GUIDE, np.round(2 * IMAGE)),
        },
        samples=SAMPLES,
        sampled_gradient=True,
    ),
    Case(
        loss="EdgeAwareSmoothness",
        label="second order, normalized, channels first",
        config={
            "order": 2,
            "weight": 3.0,
            "normalize": True,
            "data_format": "channels_first",
        },
        draw=guided_first,
        reference=smoothness(2, 3.0, by_mean=True, first=True),
        samples=SAMPLES,
        sampled_gradient=True,
    ),
)
