"""Cases of the contrastive loss of given pairs."""

import numpy as np

from portable_losses.parity.case import Array, Case, Pair


def distances(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 2, (n, 2)).astype("float64"), 2 * rng.random((n, 2))


def pair_contrastive(y_true: Array, y_pred: Array) -> Array:
    """Hadsell 2006, equation 4, without 1/2, and with 1 for a pair."""
    apart = np.where(y_pred < 1, (1 - y_pred) ** 2, 0.0)
    return np.mean(np.where(y_true == 1, y_pred**2, apart), axis=-1)


CASES = (
    Case(
        loss="PairContrastive",
        draw=distances,
        reference=pair_contrastive,
        edges={
            "coinciding": (np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]])),
            "at the margin": (np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])),
            "far": (np.array([[1.0, 0.0]]), np.array([[1e4, 1e4]])),
        },
        wrong=(np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([[9.0, 5.0], [0.1, 0.0]])),
    ),
)
