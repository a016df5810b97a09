"""What the cases of the losses of embeddings share: inputs."""

import numpy as np

from portable_losses.parity.case import Pair


def labelled(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 3, n), rng.normal(size=(n, 5))


PAIRS = np.array([0, 0, 1, 1])
BASIS = np.eye(4)
TOGETHER = np.full((4, 4), 0.5)
# Neighbors of another class, and a class at opposite ends.
CROSSED = np.array(
    [
        [1.0, 0.1, 0.0, 0.2],
        [-1.0, 0.1, 0.3, 0.0],
        [0.9, 0.0, 0.1, 0.2],
        [-0.9, 0.2, 0.2, 0.1],
    ]
)
LABELS_24 = np.array([2**24, 2**24, 2**24 + 1, 2**24 + 1])
