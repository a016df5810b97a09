"""Shared by the cases of ordered classes: labels, probabilities, a softmax."""

import numpy as np

from portable_losses.parity.case import Array, Pair

CLASSES = 4


def probabilities(rng: np.random.Generator, n: int) -> Pair:
    """A class of four, and a probability for each."""
    return rng.integers(0, CLASSES, n), rng.dirichlet(np.full(CLASSES, 2.0), n)


def soft(rng: np.random.Generator, n: int) -> Pair:
    """Soft labels of four classes, and logits."""
    t = rng.dirichlet(np.full(CLASSES, 0.7), n)
    return t, 2 * rng.normal(size=(n, CLASSES))


def one_hot(y_true: Array, classes: int) -> Array:
    """Labels of the shape of the predictions."""
    y = np.asarray(y_true)
    return y if y.ndim > 1 else np.eye(classes)[y]


def softmax(z: Array) -> Array:
    """Softmax; several infinite logits get equal probabilities."""
    certain = np.isposinf(z)
    if certain.any():
        some = certain.any(axis=-1, keepdims=True)
        share = certain / np.maximum(1, certain.sum(axis=-1, keepdims=True))
        return np.where(some, share, softmax(np.where(certain, 0.0, z)))
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


INF = float("inf")
FAR = np.array(
    [
        [1e4, -1e4, 0.0, 30.0],
        [-200.0, 200.0, 1e4, -1e4],
        [0, 0, 0, 0],
        [INF, 0, 1, -INF],
    ]
)
"""Large, equal and infinite logits."""
