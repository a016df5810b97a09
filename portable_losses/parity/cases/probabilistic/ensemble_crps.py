"""Cases of the continuous ranked probability score of an ensemble."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair


def ensembles(rng: np.random.Generator, n: int) -> Pair:
    """Targets of shape (n, 2), and five members each."""
    return rng.normal(size=(n, 2)), rng.normal(size=(n, 2, 5))


def energy(fair: bool) -> Any:
    """Gneiting 2007, equation 21, over all pairs; Ferro 2014 skips i = j."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        members = y_pred.shape[-1]
        error = np.mean(np.abs(y_pred - y_true[..., None]), axis=-1)
        pairs = np.abs(y_pred[..., :, None] - y_pred[..., None, :]).sum(axis=(-2, -1))
        return error - pairs / (2 * members * (members - fair))

    return reference


TIED = np.array(
    [[[1.0, 1, 2, 2, 2], [0, 0, 0, 0, 0]], [[3, -1, 3, 0, 3], [5, 4, 3, 2, 1]]]
)
AT: Pair = (np.array([[1.5, 0.0], [0.5, 3.0]]), TIED)
FAR: Pair = (np.array([[1e4, -1e3], [-1e4, 1e3]]), TIED)

CASES = (
    Case(
        loss="EnsembleCRPS",
        draw=ensembles,
        reference=energy(True),
        edges={"ties": AT, "far": FAR},
        wrong=FAR,
    ),
    Case(
        loss="EnsembleCRPS",
        label="not fair",
        config={"fair": False},
        draw=ensembles,
        reference=energy(False),
    ),
)
