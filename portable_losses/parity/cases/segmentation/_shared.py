"""Shared by the cases of the segmentation losses: inputs."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Pair
from portable_losses.parity.cases._shared import log_softmax_of_logits

EPSILON = 1e-7
VOID = 255
WEIGHTS = (0.5, 2.0, 1.0)


def soft_rows(rng: np.random.Generator, n: int) -> Pair:
    return rng.dirichlet(np.ones(3), (n, 3, 2)), rng.dirichlet(np.ones(3), (n, 3, 2))


def ids_logits(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 3, (n, 3, 2)), 2 * rng.normal(size=(n, 3, 2, 3))


def ids_with_void(rng: np.random.Generator, n: int) -> Pair:
    t, p = ids_logits(rng, n)
    return np.where(rng.uniform(size=t.shape) < 0.2, VOID, t), p


def volumes_first(rng: np.random.Generator, n: int) -> Pair:
    t = rng.integers(0, 3, (n, 2, 2, 1))
    t[n // 2] = 0  # only the background
    return t, rng.dirichlet(np.full(3, 2.0), (n, 2, 2, 1)).transpose(0, 4, 1, 2, 3)


def softmax(x: Array) -> Any:
    return np.exp(log_softmax_of_logits(x))


ROWS = np.eye(3)[np.array([[[0, 1], [1, 0], [0, 0]], [[2, 1], [1, 0], [0, 2]]])]
SHARED = np.array([[[0.5, 0.25, 0.25]] * 2] * 3)
MAP = np.array([[[0, 0], [0, 0], [0, 0]], [[2, 1], [1, 0], [VOID, 2]]])
SURE = 3.0 * (2 * np.eye(3)[np.where(MAP == VOID, 0, MAP)] - 1)
SPARE = np.arange(36).reshape(2, 3, 2, 3) % 5 > 1
INF = float("inf")
EDGES: dict[str, Pair] = {
    "match": (ROWS, ROWS),
    "corners": (ROWS, np.roll(ROWS, 1, axis=-1)),
    "nothing": (ROWS, 0 * ROWS),
    "everything": (ROWS, 0 * ROWS + 1),
    "soft match": (np.stack([SHARED, ROWS[0]]), np.stack([SHARED, ROWS[1]])),
}
CERTAIN = np.where(SPARE, 0.5, INF)
NOTHING = np.where(SPARE, SURE, -INF)
SATURATED = np.tile(np.where(SPARE, SURE, INF * SURE), (4, 1, 1, 1))
LOGIT_EDGES: dict[str, Pair] = {
    "huge": (MAP, 3e3 * SURE),
    # Certain pixels, masked classes, and pixels without any.
    "infinite": (MAP, np.stack([np.where(SURE < 0, -INF, CERTAIN)[0], NOTHING[1]])),
    "all void": (np.full_like(MAP, VOID), SURE),
}
