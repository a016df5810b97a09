"""Cases of wing and adaptive wing."""

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH


def wing(y_true: Array, y_pred: Array) -> Array:
    """Feng 2018, with omega 1.5 and epsilon 0.5."""
    size = abs(y_true - y_pred)
    offset = 1.5 - 1.5 * np.log(1 + 1.5 / 0.5)
    curved = 1.5 * np.log(1 + size / 0.5)
    return np.asarray(np.mean(np.where(size < 1.5, curved, size - offset), axis=-1))


def adaptive_wing(y_true: Array, y_pred: Array) -> Array:
    """Wang 2019, with the paper's constants A and C."""
    alpha, omega, epsilon, theta = 2.1, 14.0, 1.0, 0.5
    size, e = abs(y_true - y_pred), alpha - y_true
    joint = (theta / epsilon) ** e
    a = omega / (1 + joint) * e * (theta / epsilon) ** (e - 1) / epsilon
    c = theta * a - omega * np.log(1 + joint)
    curved = omega * np.log(1 + (size / epsilon) ** e)
    return np.asarray(np.mean(np.where(size < theta, curved, a * size - c), axis=-1))


def heat_maps(rng: np.random.Generator, n: int) -> Pair:
    return rng.uniform(size=(n, 2, 3)), rng.uniform(-0.5, 1.5, size=(n, 2, 3))


PEAK = np.array([[[0.0, 1.0, 0.5], [0.25, 0.0, 1.0]]])

CASES = (
    Case(
        loss="Wing",
        config={"omega": 1.5, "epsilon": 0.5},
        draw=real,
        reference=wing,
        edges={
            "match": MATCH,
            "far": FAR,
            "joint": (np.zeros((2, 3)), np.array([[1.5, -1.5, 0.5], [1.0, 1.5, 9.0]])),
        },
        wrong=FAR,
    ),
    Case(
        loss="AdaptiveWing",
        draw=heat_maps,
        reference=adaptive_wing,
        edges={
            "match": (PEAK, PEAK),
            "joint": (PEAK, PEAK + 0.5),
            "far": (PEAK, PEAK - 1e4),
        },
        wrong=(PEAK, 1.0 - 2.0 * PEAK),
    ),
)
