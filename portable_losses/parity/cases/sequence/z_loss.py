"""Cases of ZLoss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair


def logits(rng: np.random.Generator, n: int) -> Pair:
    return np.zeros(n), 2 * rng.normal(size=(n, 3, 5))


def z_loss(weight: float) -> Any:
    """Chowdhery 2022, section 5: the square of log Z."""

    def reference(y_true: Any, y_pred: Array) -> Array:
        largest = y_pred.max(axis=-1, keepdims=True)
        log_z = np.log(np.exp(y_pred - largest).sum(axis=-1)) + largest[..., 0]
        return weight * log_z * log_z

    return reference


NOTHING = np.zeros(2)
NORMAL = np.log(np.broadcast_to([0.1, 0.2, 0.3, 0.15, 0.25], (2, 3, 5)))
WITHOUT = np.where(np.arange(5) == 1, -np.inf, NORMAL)

CASES = (
    Case(
        loss="ZLoss",
        draw=logits,
        reference=z_loss(1e-4),
        edges={
            "large": (NOTHING, 1e4 * NORMAL),
            "larger": (NOTHING, -1e4 * NORMAL),
            "a class that cannot be": (NOTHING, WITHOUT + 3.0),
        },
        wrong=(NOTHING, NORMAL + 100.0),
    ),
)
