"""Cases of the sparsemax loss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases._shared import INF
from portable_losses.parity.cases.classification._shared import (
    HUGE,
    ID_EDGES,
    WRONG_ROWS,
)


def projected(x: Array) -> Any:
    """The nearest distribution: the threshold of the only consistent support."""
    ordered = np.sort(x)[::-1]
    for k in range(len(x), 0, -1):
        tau = (ordered[:k].sum() - 1) / k
        if ordered[k - 1] > tau:
            return np.maximum(x - tau, 0), tau
    raise ValueError(x)


def of_one(t: Array, x: Array) -> float:
    """Martins 2016: 1/2 sum over S of x^2 - tau^2, + |t|^2 / 2 - t x."""
    if np.isnan(x).any():
        return np.nan
    if (x == -INF).all() or (t[x < x.max()] > 0).any() and x.max() == INF:
        return INF
    if x.max() == INF:
        x = np.where(x == INF, 0.0, -INF)
    far = x == -INF
    if (t[far] > 0).any():
        return INF
    t, x = t[~far], x[~far] - x.max()
    p, tau = projected(x)
    inside = p > 0
    return float(
        0.5 * np.sum(x[inside] ** 2 - tau**2) + 0.5 * np.sum(t**2) - np.sum(t * x)
    )


def reference(y_true: Array, y_pred: Array) -> Any:
    t = y_true
    if y_true.ndim < y_pred.ndim:
        t = np.eye(y_pred.shape[-1])[y_true]
    return np.array([of_one(*pair) for pair in zip(t, y_pred, strict=True)])


def ids_near(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 4, n), rng.normal(size=(n, 4))


CASES = (
    Case(
        loss="Sparsemax",
        draw=ids_near,
        reference=reference,
        edges={
            **ID_EDGES,
            "huge": (np.array([1, 2]), HUGE),
            "right": (np.array([0, 2]), HUGE),
            "threshold": (np.array([1, 0]), np.array([[1.0, 0, -2, -2], [0, 0, 0, 0]])),
        },
        wrong=(np.array([0, 3]), WRONG_ROWS[1]),
        classes=4,
    ),
)
