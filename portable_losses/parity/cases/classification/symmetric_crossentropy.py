"""Cases of symmetric cross-entropy."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE_ROWS,
    ROW_EDGES,
    WEIGHTS,
    WRONG_ROWS,
    ids_probabilities,
    log_softmax,
    times,
)


def symmetric(
    from_logits: bool,
    alpha: float = 0.1,
    beta: float = 1.0,
    log_zero: float = -4.0,
    weights: Any = 1.0,
) -> Any:
    """Wang 2019, equation 7, for dense labels or class indices."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        w = np.broadcast_to(weights, t.shape)
        log_p = log_softmax(y_pred, from_logits)
        p = np.exp(log_p)
        if not from_logits:
            p = y_pred / y_pred.sum(axis=-1, keepdims=True)
        with np.errstate(divide="ignore"):
            log_t = np.maximum(np.log(t), log_zero)
        forward = -np.sum(times(w * t, log_p), axis=-1)
        reverse = -np.sum(p * log_t, axis=-1)
        return alpha * forward + beta * np.sum(w * t, axis=-1) * reverse

    return reference


def soft_rows(rng: np.random.Generator, n: int) -> Pair:
    return rng.dirichlet(np.full(4, 0.2), n), 2 * rng.normal(size=(n, 4))


CASES = (
    Case(
        loss="SymmetricCrossentropy",
        label="ids",
        draw=ids_probabilities,
        reference=symmetric(False),
        edges={"corners": (np.array([0, 0]), CORNERS)},
        classes=4,
    ),
    Case(
        loss="SymmetricCrossentropy",
        label="dense",
        config={
            "alpha": 2.0,
            "beta": 0.5,
            "log_zero": -6.0,
            "from_logits": True,
            "class_weights": WEIGHTS,
        },
        draw=soft_rows,
        reference=symmetric(True, 2.0, 0.5, -6.0, WEIGHTS),
        edges={**ROW_EDGES, "huge": HUGE_ROWS},
        wrong=WRONG_ROWS,
        not_applicable={
            "vector": "one column is read as class indices",
            "shapes": "one column is read as class indices",
        },
    ),
)
