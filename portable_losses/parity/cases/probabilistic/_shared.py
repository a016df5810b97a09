"""Shared by the cases of the probabilistic losses: inputs."""

from collections.abc import Callable

import numpy as np

from portable_losses.parity.case import Array, Pair

TARGETS = np.array([[0.0, 1.0], [2.0, -3.0]])


def groups(count: int) -> Callable[[np.random.Generator, int], Pair]:
    """Targets of width 2 and `count` groups of parameters."""

    def drawn(rng: np.random.Generator, n: int) -> Pair:
        return rng.normal(size=(n, 2)), rng.normal(size=(n, 2 * count))

    return drawn


def parts(y_pred: Array, count: int) -> list[Array]:
    """The groups, in float64."""
    return np.split(np.asarray(y_pred, "float64"), count, axis=-1)
