"""Cases of the quantile loss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases._shared import EXACT, real
from portable_losses.parity.cases.regression._shared import FAR, MATCH


def quantile_columns(rng: np.random.Generator, n: int) -> Pair:
    """A column per quantile against targets without that axis."""
    return rng.normal(size=(n, 2)), 2.0 * rng.normal(size=(n, 2, 3))


def quantile_rows(rng: np.random.Generator, n: int) -> Pair:
    """A column per quantile against targets with a trailing 1."""
    return rng.normal(size=(n, 1)), 2.0 * rng.normal(size=(n, 3))


def pinball(q: Any, crossing_penalty: float = 0.0) -> Any:
    """Koenker and Bassett 1978: q above the prediction, 1 - q below."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        t = y_true
        if isinstance(q, tuple):
            t = np.reshape(y_true, (*y_pred.shape[:-1], 1))
        levels = np.asarray(q)
        items = np.mean(
            np.where(t >= y_pred, levels * (t - y_pred), (1 - levels) * (y_pred - t)),
            axis=-1,
        )
        if crossing_penalty:
            falls = np.maximum(-np.diff(y_pred, axis=-1), 0)
            items = items + crossing_penalty * np.mean(falls, axis=-1)
        return items

    return reference


CASES = (
    Case(
        loss="Quantile",
        label="one",
        config={"quantiles": 0.3},
        draw=real,
        reference=pinball(0.3),
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
    Case(
        loss="Quantile",
        label="three",
        config={"quantiles": (0.1, 0.5, 0.9)},
        draw=quantile_columns,
        reference=pinball((0.1, 0.5, 0.9)),
        edges={"match": (EXACT[:, :2], EXACT[:, :2, None] + np.zeros(3))},
    ),
    Case(
        loss="Quantile",
        label="crossing",
        config={"quantiles": (0.1, 0.5, 0.9), "crossing_penalty": 2.0},
        draw=quantile_rows,
        reference=pinball((0.1, 0.5, 0.9), crossing_penalty=2.0),
        edges={"equal": (np.array([[1.0], [0.0]]), np.array([[1.0, 1, 1], [2, 2, 1]]))},
        wrong=(np.array([[0.0], [0.0]]), np.array([[9.0, 5, 1], [1e4, -1e4, 0]])),
    ),
)
