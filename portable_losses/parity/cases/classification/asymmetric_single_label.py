"""Cases of the asymmetric loss of one label per sample."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.classification._shared import (
    HUGE_IDS,
    HUGE_ROWS,
    ID_EDGES,
    ROW_EDGES,
    WEIGHTS,
    WRONG_IDS,
    WRONG_ROWS,
    ids_logits,
    log_softmax,
    times,
)


def soft_rows(rng: np.random.Generator, n: int) -> Pair:
    return rng.dirichlet(np.ones(4), n), 2 * rng.normal(size=(n, 4))


def asymmetric(
    gamma_neg: float = 4.0,
    gamma_pos: float = 0.0,
    smoothing: float = 0.1,
    weights: Any = 1.0,
) -> Any:
    """The authors' code for each class in turn, averaged by the label."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        log_p = log_softmax(y_pred, True)
        right = (-np.expm1(log_p)) ** gamma_pos
        wrong = np.exp(log_p) ** gamma_neg
        total = np.zeros(len(y_pred))
        for k in range(classes):
            target = np.arange(classes) == k
            weight = np.where(target, right, wrong)
            smooth = target * (1 - smoothing) + smoothing / classes
            terms = times(np.asarray(weights) * smooth * weight, log_p)
            total = total + times(t[:, k], -np.sum(terms, axis=-1))
        return total

    return reference


CASES = (
    Case(
        loss="AsymmetricSingleLabel",
        label="ids",
        draw=ids_logits,
        reference=asymmetric(),
        edges={**ID_EDGES, "huge": HUGE_IDS},
        wrong=WRONG_IDS,
        classes=4,
    ),
    Case(
        loss="AsymmetricSingleLabel",
        label="dense",
        config={
            "gamma_neg": 0.5,
            "gamma_pos": 1.5,
            "label_smoothing": 0.2,
            "class_weights": WEIGHTS,
        },
        draw=soft_rows,
        reference=asymmetric(0.5, 1.5, 0.2, WEIGHTS),
        edges={**ROW_EDGES, "huge": HUGE_ROWS},
        wrong=WRONG_ROWS,
        not_applicable={
            "vector": "one column is read as class indices",
            "shapes": "one column is read as class indices",
        },
    ),
)
