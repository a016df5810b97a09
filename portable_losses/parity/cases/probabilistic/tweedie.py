"""Cases of the Tweedie loss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair


def amounts(log: bool) -> Any:
    """Amounts of which some are 0, and means or their logarithms."""

    def drawn(rng: np.random.Generator, n: int) -> Pair:
        log_m = rng.normal(size=(n, 3))
        y = rng.gamma(2.0, size=(n, 3)) * (rng.random((n, 3)) < 0.7)
        return y, log_m if log else np.exp(log_m)

    return drawn


def tweedie(p: float, log: bool) -> Any:
    """Jorgensen 1987: the terms of half the deviance that depend on the mean."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        m = np.exp(y_pred) if log else y_pred
        loss = m ** (2 - p) / (2 - p)
        with np.errstate(all="ignore"):
            loss = loss - np.where(y_true == 0, 0, y_true * m ** (1 - p) / (1 - p))
        return np.mean(loss, axis=-1)

    return reference


CASES = (
    Case(
        loss="Tweedie",
        draw=amounts(log=True),
        reference=tweedie(1.5, log=True),
        edges={
            "match": (np.array([[1.0, 4.0, 0.0]]), np.array([[0.0, np.log(4), -40.0]])),
            "none": (np.zeros((1, 3)), np.array([[-1e4, 0.0, 9.0]])),
        },
        wrong=(np.array([[5.0, 0, 0], [9, 1, 1]]), np.array([[-30, 0, 0], [1, 20, 0]])),
    ),
    Case(
        loss="Tweedie",
        label="mean",
        config={"power": 1.2, "log_mean": False},
        draw=amounts(log=False),
        reference=tweedie(1.2, log=False),
    ),
)
