"""Shared by the cases of the losses of detectors: qualities as targets."""

import numpy as np
from scipy import special

from portable_losses.parity.case import Pair
from portable_losses.parity.cases.classification._shared import BINARY_EDGES, HUGE

QUALITIES = np.array([[0.0, 0.3, 1.0, 0.9], [0.5, 0.0, 0.7, 0.0]])
QUALITY_EDGES = {
    **BINARY_EDGES,
    "huge": (QUALITIES, HUGE),
    "match": (0.5 + 0.0 * QUALITIES, 0.0 * QUALITIES),
}
CORNER_EDGES = {
    "corners": (QUALITIES, np.round(1.0 - QUALITIES)),
    "match": (0.25 * np.ones((2, 4)), 0.25 * np.ones((2, 4))),
}


def quality_logits(rng: np.random.Generator, n: int) -> Pair:
    """The quality of the box in the column of the class, and 0 in the others."""
    t = np.where(rng.random((n, 4)) < 0.5, 0.0, rng.random((n, 4)))
    return t, 2 * rng.normal(size=(n, 4))


def quality_probabilities(rng: np.random.Generator, n: int) -> Pair:
    t, x = quality_logits(rng, n)
    return t, special.expit(x)
