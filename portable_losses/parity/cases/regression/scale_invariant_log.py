"""Cases of the scale-invariant logarithmic error."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair


def depths(rng: np.random.Generator, n: int) -> Pair:
    """Maps with unknown depths, of which the fourth has no other."""
    t = np.exp(rng.normal(size=(n, 2, 3, 1)))
    t[rng.uniform(size=t.shape) < 0.3] = 0.0
    t[:, 0, 0], t[3:4] = 1.5, -1.0
    return t, np.exp(rng.normal(size=(n, 2, 3, 1)))


def silog(weight: float, epsilon: float) -> Any:
    """Eigen 2014, equation 4, sample by sample."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        items, kept = np.zeros(len(y_true)), np.zeros(len(y_true), "bool")
        for i, (t, p) in enumerate(zip(y_true, y_pred, strict=True)):
            known = t > 0
            if known.any():
                d = np.log(np.maximum(p[known], epsilon)) - np.log(t[known])
                items[i] = np.mean(d**2) - weight * np.mean(d) ** 2
                kept[i] = True
        return items, kept

    return reference


MAPS = np.array([[[[1.0], [2.0]]], [[[0.0], [4.0]]]])

CASES = (
    Case(
        loss="ScaleInvariantLog",
        config={"variance_weight": 0.8, "epsilon": 1e-3},
        draw=depths,
        reference=silog(0.8, 1e-3),
        edges={
            "match": (MAPS, MAPS),
            "scaled": (MAPS, 1e4 * MAPS),
            "not positive": (MAPS, np.array([[[[0.0], [-2.0]]], [[[9.0], [-1.0]]]])),
            "unknown": (0 * MAPS, MAPS),
        },
        wrong=(1.0 + MAPS, np.array([[[[1e4], [1e-2]]], [[[1e3], [1e-2]]]])),
    ),
)
