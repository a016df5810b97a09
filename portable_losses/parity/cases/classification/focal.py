"""Cases of the focal losses: binary, categorical and sparse."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.classification._shared import (
    BINARY_EDGES,
    CORNERS,
    HUGE,
    HUGE_BINARY,
    HUGE_IDS,
    HUGE_ROWS,
    ID_EDGES,
    MANY_CLASSES,
    ROW_EDGES,
    WEIGHTS,
    WRONG_BINARY,
    WRONG_IDS,
    WRONG_ROWS,
    binary_logits,
    binary_probabilities,
    counting_first,
    ids_logits,
    ids_probabilities,
    log_sigmoids,
    log_softmax,
    one_hot_logits,
    soft_probabilities,
    times,
    without,
)


def soft_logits(rng: np.random.Generator, n: int) -> Pair:
    return rng.random((n, 4)), 2 * rng.normal(size=(n, 4))


def binary_focal(
    from_logits: bool,
    gamma: float = 2.0,
    alpha: float | None = None,
    smoothing: float = 0.0,
    positive: Any = 1.0,
) -> Any:
    """Lin 2017: (1 - p_t)^gamma times the Bernoulli negative log-likelihood."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        t = y_true * (1 - smoothing) + smoothing / 2
        log_p, log_q = log_sigmoids(y_pred, from_logits)
        if from_logits:
            not_p_t = t * special.expit(-y_pred) + (1 - t) * special.expit(y_pred)
        else:
            not_p_t = t * (1 - y_pred) + (1 - t) * y_pred
        balance = 1.0 if alpha is None else alpha * t + (1 - alpha) * (1 - t)
        likelihood = times(positive * t, log_p) + times(1 - t, log_q)
        return -np.mean(times(balance * not_p_t**gamma, likelihood), axis=-1)

    return reference


def focal(
    from_logits: bool,
    gamma: float = 2.0,
    alpha: Any = 0.25,
    smoothing: float = 0.0,
    weights: Any = 1.0,
) -> Any:
    """Lin 2017 over the softmax, for rows or ids."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        t = t * (1 - smoothing) + smoothing / classes
        log_p = log_softmax(y_pred, from_logits)
        scale = np.asarray(weights) * np.asarray(alpha)
        cost = times((-np.expm1(log_p)) ** gamma, log_p)
        return -np.sum(times(scale * t, cost), axis=-1)

    return reference


CASES = (
    Case(
        loss="BinaryFocalCrossentropy",
        label="logits",
        config={"from_logits": True},
        draw=binary_logits,
        reference=binary_focal(True),
        edges={
            **BINARY_EDGES,
            "huge": HUGE_BINARY,
            "zero": (CORNERS, np.zeros((2, 4))),
        },
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="BinaryFocalCrossentropy",
        label="probabilities",
        config={
            "apply_class_balancing": True,
            "alpha": 0.6,
            "gamma": 1.5,
            "label_smoothing": 0.1,
        },
        draw=binary_probabilities,
        reference=binary_focal(False, 1.5, alpha=0.6, smoothing=0.1),
        edges={"corners": (CORNERS, CORNERS[::-1]), "match": (CORNERS, CORNERS)},
    ),
    Case(
        loss="BinaryFocalCrossentropy",
        label="soft",
        config={"from_logits": True, "gamma": 0.5, "pos_weight": WEIGHTS},
        draw=soft_logits,
        reference=binary_focal(True, 0.5, positive=WEIGHTS),
        edges={**BINARY_EDGES, "huge": HUGE_BINARY, "half": (0.5 + 0 * CORNERS, HUGE)},
        wrong=WRONG_BINARY,
        not_applicable={"vector": "one weight per column needs four columns"},
    ),
    Case(
        loss="SigmoidFocal",
        config={"from_logits": True},
        draw=soft_logits,
        reference=binary_focal(True, alpha=0.25),
        edges={**BINARY_EDGES, "huge": HUGE_BINARY, "half": (0.5 + 0 * CORNERS, HUGE)},
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="CategoricalFocalCrossentropy",
        label="logits",
        config={"from_logits": True, "label_smoothing": 0.1},
        draw=one_hot_logits,
        reference=focal(True, smoothing=0.1),
        edges={**ROW_EDGES, "huge": HUGE_ROWS},
        wrong=WRONG_ROWS,
    ),
    Case(
        loss="CategoricalFocalCrossentropy",
        label="probabilities",
        config={"gamma": 1.5, "alpha": WEIGHTS, "class_weights": {1: 3.0}},
        draw=soft_probabilities,
        reference=focal(False, 1.5, alpha=WEIGHTS, weights=(1.0, 3.0, 1.0, 1.0)),
        edges={
            "corners": (CORNERS, CORNERS[::-1]),
            "zero row": (CORNERS, np.zeros((2, 4))),
        },
        not_applicable={"vector": "one alpha per class needs four classes"},
    ),
    Case(
        loss="CategoricalFocalCrossentropy",
        label="weights",
        config={
            "from_logits": True,
            "gamma": 0.5,
            "alpha": (0.5, 0.0, 1.0, 1.5),
            "class_weights": {1: 3.0},
        },
        draw=one_hot_logits,
        reference=focal(True, 0.5, (0.5, 0.0, 1.0, 1.5), weights=(1.0, 3.0, 1.0, 1.0)),
        edges=ROW_EDGES,
        not_applicable={"vector": "one alpha per class needs four classes"},
    ),
    Case(
        loss="SparseCategoricalFocalCrossentropy",
        label="logits",
        config={"from_logits": True, "gamma": 0.5},
        draw=ids_logits,
        reference=focal(True, 0.5),
        edges={**ID_EDGES, "huge": HUGE_IDS},
        wrong=WRONG_IDS,
        classes=4,
        exact=MANY_CLASSES,
    ),
    Case(
        loss="SparseCategoricalFocalCrossentropy",
        label="probabilities",
        config={"alpha": WEIGHTS, "label_smoothing": 0.1},
        draw=ids_probabilities,
        reference=focal(False, alpha=WEIGHTS, smoothing=0.1),
        edges={"corners": (np.array([0, 0]), CORNERS)},
        classes=4,
    ),
    Case(
        loss="SparseCategoricalFocalCrossentropy",
        label="ignore_class",
        config={"ignore_class": 1},
        draw=counting_first(ids_probabilities),
        reference=without(1, focal(False)),
        edges={"none": (np.array([1, 1]), CORNERS)},
        classes=4,
    ),
)
