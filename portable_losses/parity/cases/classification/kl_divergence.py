"""Cases of the Kullback-Leibler divergence."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import log_softmax_of_logits
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    EPSILON,
    HUGE_ROWS,
    ROW_EDGES,
    WEIGHTS,
    WRONG_ROWS,
    soft_probabilities,
    times,
)


def kl_divergence(from_logits: bool, weights: Any = 1.0) -> Any:
    """Kullback and Leibler 1951; of probabilities within Keras's clip."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        t = y_true if from_logits else np.clip(y_true, EPSILON, 1)
        log_p = np.log(np.clip(y_pred, EPSILON, 1))
        if from_logits:
            log_p = log_softmax_of_logits(y_pred)
        terms = special.xlogy(t, t) - times(t, log_p)
        return np.sum(times(weights, terms), axis=-1)

    return reference


CASES = (
    Case(
        loss="KLDivergence",
        label="probabilities",
        draw=soft_probabilities,
        reference=kl_divergence(False),
        edges={
            "corners": (CORNERS, CORNERS[::-1]),
            "match": (CORNERS, CORNERS),
            "zero row": (CORNERS, np.zeros((2, 4))),
        },
    ),
    Case(
        loss="KLDivergence",
        label="logits",
        config={"from_logits": True, "class_weights": WEIGHTS},
        draw=lambda rng, n: (rng.dirichlet(np.ones(4), n), 2 * rng.normal(size=(n, 4))),
        reference=kl_divergence(True, WEIGHTS),
        edges={**ROW_EDGES, "huge": HUGE_ROWS},
        wrong=WRONG_ROWS,
        not_applicable={"vector": "one weight per class needs four classes"},
    ),
)
