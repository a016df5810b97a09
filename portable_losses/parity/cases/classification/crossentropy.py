"""Cases of cross-entropy: binary, categorical and sparse."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
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


def binary_crossentropy(
    from_logits: bool, smoothing: float = 0.0, positive: Any = 1.0
) -> Any:
    """The Bernoulli negative log-likelihood."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        t = y_true * (1 - smoothing) + smoothing / 2
        log_p, log_q = log_sigmoids(y_pred, from_logits)
        return -np.mean(times(positive * t, log_p) + times(1 - t, log_q), axis=-1)

    return reference


def crossentropy(from_logits: bool, smoothing: float = 0.0, weights: Any = 1.0) -> Any:
    """The categorical negative log-likelihood, for rows or ids."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        t = t * (1 - smoothing) + smoothing / classes
        terms = times(np.asarray(weights) * t, log_softmax(y_pred, from_logits))
        return -np.sum(terms, axis=-1)

    return reference


CASES = (
    Case(
        loss="BinaryCrossentropy",
        label="logits",
        config={"from_logits": True},
        draw=binary_logits,
        reference=binary_crossentropy(True),
        edges={
            **BINARY_EDGES,
            "huge": HUGE_BINARY,
            "zero": (CORNERS, np.zeros((2, 4))),
        },
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="BinaryCrossentropy",
        label="probabilities",
        config={"label_smoothing": 0.1},
        draw=binary_probabilities,
        reference=binary_crossentropy(False, smoothing=0.1),
        edges={"corners": (CORNERS, CORNERS[::-1])},
    ),
    Case(
        loss="BinaryCrossentropy",
        label="pos_weight",
        config={"from_logits": True, "pos_weight": WEIGHTS},
        draw=binary_logits,
        reference=binary_crossentropy(True, positive=WEIGHTS),
        edges={**BINARY_EDGES, "huge": HUGE_BINARY},
        wrong=WRONG_BINARY,
        not_applicable={"vector": "one weight per column needs four columns"},
    ),
    Case(
        loss="CategoricalCrossentropy",
        label="logits",
        config={"from_logits": True, "label_smoothing": 0.1},
        draw=one_hot_logits,
        reference=crossentropy(True, smoothing=0.1),
        edges={**ROW_EDGES, "huge": HUGE_ROWS},
        wrong=WRONG_ROWS,
    ),
    Case(
        loss="CategoricalCrossentropy",
        label="weights",
        config={"from_logits": True, "class_weights": (0.0, *WEIGHTS[1:])},
        draw=one_hot_logits,
        reference=crossentropy(True, weights=(0.0, *WEIGHTS[1:])),
        edges=ROW_EDGES,
        not_applicable={"vector": "one weight per class needs four classes"},
    ),
    Case(
        loss="CategoricalCrossentropy",
        label="probabilities",
        draw=soft_probabilities,
        reference=crossentropy(False),
        edges={
            "corners": (CORNERS, CORNERS[::-1]),
            "zero row": (CORNERS, np.zeros((2, 4))),
        },
    ),
    Case(
        loss="SparseCategoricalCrossentropy",
        label="logits",
        config={"from_logits": True},
        draw=ids_logits,
        reference=crossentropy(True),
        edges={**ID_EDGES, "huge": HUGE_IDS},
        wrong=WRONG_IDS,
        classes=4,
        exact=MANY_CLASSES,
    ),
    Case(
        loss="SparseCategoricalCrossentropy",
        label="probabilities",
        draw=ids_probabilities,
        reference=crossentropy(False),
        edges={"corners": (np.array([0, 0]), CORNERS)},
        classes=4,
    ),
    Case(
        loss="SparseCategoricalCrossentropy",
        label="weights",
        config={
            "from_logits": True,
            "class_weights": WEIGHTS,
            "label_smoothing": 0.1,
        },
        draw=ids_logits,
        reference=crossentropy(True, smoothing=0.1, weights=WEIGHTS),
        edges={**ID_EDGES, "huge": HUGE_IDS},
        wrong=WRONG_IDS,
        classes=4,
    ),
    Case(
        loss="SparseCategoricalCrossentropy",
        label="ignore_class",
        config={"from_logits": True, "ignore_class": 3, "label_smoothing": 0.1},
        draw=counting_first(ids_logits),
        reference=without(3, crossentropy(True, smoothing=0.1)),
        edges={"none": (np.array([3, 3]), HUGE)},
        classes=4,
    ),
)
