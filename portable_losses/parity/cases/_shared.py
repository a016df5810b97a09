"""Helpers that the cases of several families share."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Pair

INF = float("inf")


def log_softmax_of_logits(x: Array) -> Any:
    """Log-softmax with the limits at infinite logits; -inf if all logits are -inf."""
    certain = x == INF
    count = certain.sum(axis=-1, keepdims=True)
    finite = np.where(count > 0, np.where(certain, 0.0, -INF), x)
    return np.where(
        (x == -INF).all(axis=-1, keepdims=True),
        -INF,
        special.log_softmax(finite, axis=-1),
    )


def real(rng: np.random.Generator, n: int) -> Pair:
    """Real targets and predictions."""
    return rng.normal(size=(n, 3)), 2.0 * rng.normal(size=(n, 3))


EXACT = np.array([[0.0, 1.5, -2.0], [3.0, 0.0, 0.25]])
