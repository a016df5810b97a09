"""Cases of the concordance correlation."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases._shared import real


def concordance(axis: int) -> Any:
    """Lin 1989, from biased moments; both constant: 0 if they are equal, else 1."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        y_true = y_true.astype("float64")
        mean_t, mean_p = y_true.mean(axis=axis), y_pred.mean(axis=axis)
        product = np.mean(
            (y_true - y_true.mean(axis=axis, keepdims=True))
            * (y_pred - y_pred.mean(axis=axis, keepdims=True)),
            axis=axis,
        )
        spread = y_true.var(axis=axis) + y_pred.var(axis=axis)
        spread = spread + (mean_t - mean_p) ** 2
        value = 1 - 2 * product / np.where(spread == 0, 1.0, spread)
        value = np.where(spread == 0, 0.0, value)
        return value.mean() if axis == 0 else value

    return reference


def steps(rng: np.random.Generator, n: int) -> Pair:
    return rng.normal(size=(n, 5, 2)), 1.0 + rng.normal(size=(n, 5, 2))


# One column each: equal constants, unequal ones, a constant prediction, the opposite.
T = np.array([[2.0, 2.0, 1.0, -1.0], [2.0, 2.0, 3.0, 1.0], [2.0, 2.0, -1.0, 0.0]])
P = np.array([[2.0, 5.0, 4.0, 1.0], [2.0, 5.0, 4.0, -1.0], [2.0, 5.0, 4.0, 0.0]])

CASES = (
    Case(
        loss="ConcordanceCorrelation",
        kind="statistic",
        draw=real,
        reference=concordance(0),
        edges={"constant": (T[:, 1:], P[:, 1:]), "match": (T, T)},
    ),
    Case(
        loss="ConcordanceCorrelation",
        label="steps",
        config={"axis": 1},
        draw=steps,
        reference=concordance(1),
        edges={
            "constant": (T[None, :, 1:], P[None, :, 1:]),
            "equal": (T[None], P[None]),
        },
    ),
)
