"""Shared by the cases of the losses of embeddings: inputs."""

import numpy as np

from portable_losses.parity.case import Array, Pair


def labelled(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 3, n), rng.normal(size=(n, 5))


PAIRS = np.array([0, 0, 1, 1])
BASIS = np.eye(4)
TOGETHER = np.full((4, 4), 0.5)
# The nearest neighbors are of another class, and the members of a class are far apart.
CROSSED = np.array(
    [
        [1.0, 0.1, 0.0, 0.2],
        [-1.0, 0.1, 0.3, 0.0],
        [0.9, 0.0, 0.1, 0.2],
        [-0.9, 0.2, 0.2, 0.1],
    ]
)
LABELS_24 = np.array([2**24, 2**24, 2**24 + 1, 2**24 + 1])


def directions(y_pred: Array) -> Array:
    """Embeddings divided by their length; a zero vector stays zero."""
    length = np.linalg.norm(y_pred, axis=-1, keepdims=True)
    return np.divide(y_pred, length, out=np.zeros_like(y_pred), where=length > 0)


def others_of(y_true: Array, anchor: int) -> tuple[list[int], list[int]]:
    """The positives and the negatives of an anchor."""
    others = [i for i in range(len(y_true)) if i != anchor]
    return (
        [i for i in others if y_true[i] == y_true[anchor]],
        [i for i in others if y_true[i] != y_true[anchor]],
    )


EDGES = {
    "together": (PAIRS, TOGETHER),
    "apart": (PAIRS, BASIS),
    "one class": (np.zeros(4, "int64"), CROSSED),
    "zeros": (PAIRS, 0 * BASIS),
    "alone": (np.arange(4), CROSSED),
}


def cosines(rng: np.random.Generator, n: int) -> Pair:
    """Cosines of four classes; that of the first sample's class is far below 0."""
    t, c = rng.integers(0, 4, n), rng.uniform(-0.85, 0.95, (n, 4))
    c[0, t[0]] = -0.95
    return t, c


ENDS = np.array([[1.0, -1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 1.0], [-1.0, -1.0, 0.0, 1.0]])
COSINE_EDGES = {
    "ends": (np.array([0, 0, 0]), ENDS),
    "hopeless": (np.array([1, 2, 1]), ENDS),
    "one-hot": (np.eye(4)[[0, 3, 3]], ENDS),
    "soft": (np.array([[0.5, 0.5, 0.0, 0.0]]), np.array([[0.3, -0.95, 0.0, 0.4]])),
}
WRONG_COSINES = (np.array([1, 2]), np.array([[1.0, -1.0, 0, 0], [0, 1.0, -0.2, 0.5]]))
EXACT_COSINES = (np.array([257, 299]), np.sin(np.arange(600.0)).reshape(2, 300))
