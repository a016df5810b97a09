"""Shared by the cases of the losses of views: inputs, and lengths of 1."""

import numpy as np

from portable_losses.parity.case import Array, Pair


def two_views(rng: np.random.Generator, n: int) -> Pair:
    first = rng.normal(size=(n, 4))
    second = first + rng.normal(size=(n, 4))
    return np.zeros(n), np.stack([first, second], axis=1)


def unit(x: Array) -> Array:
    """Vectors of length 1; a zero vector stays zero."""
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return np.divide(x, length, out=np.zeros_like(x), where=length > 0)


NOTHING = np.zeros(4)
"""Placeholder targets, which the loss ignores."""

SAME = np.stack([np.eye(4), np.eye(4)], axis=1)
"""Views that are equal, and at right angles to those of other samples."""

EQUAL = np.full((4, 2, 4), 0.5)
"""Views that are all equal."""

SWAPPED = np.stack(
    [
        [
            [1.0, 0.1, 0.0, 0.2],
            [-1.0, 0.1, 0.3, 0.0],
            [0.1, 1.0, 0.1, -0.2],
            [0.2, -1.0, -0.1, 0.1],
        ],
        [
            [-1.0, 0.2, 0.1, 0.0],
            [0.9, -0.1, 0.2, 0.1],
            [0.0, -0.8, 0.1, 0.3],
            [0.1, 0.9, 0.2, -0.1],
        ],
    ],
    axis=1,
)
"""Views at the place of another sample's, and opposite to each other."""
