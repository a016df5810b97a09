"""Cases of the circle loss."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.metric._shared import (
    BASIS,
    CROSSED,
    LABELS_24,
    PAIRS,
    TOGETHER,
    labelled,
)


def labelled_unit(rng: np.random.Generator, n: int) -> Pair:
    t, x = labelled(rng, n)
    return t, x / np.linalg.norm(x, axis=-1, keepdims=True)


CROSSED_UNIT = CROSSED / np.linalg.norm(CROSSED, axis=-1, keepdims=True)


def circle(gamma: float, margin: float) -> Any:
    """Sun 2020, equation 6, in cosine distances; the mean is over active anchors."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        items = np.zeros(len(y_pred))
        for i in range(len(y_pred)):
            near, far = [], []
            for j in range(len(y_pred)):
                d = max(1 - y_pred[i] @ y_pred[j], 0.0)
                if y_true[i] != y_true[j]:
                    weight = max(1 + margin - d, 0.0)
                    far.append(gamma * weight * (1 - margin - d))
                elif i != j:
                    near.append(gamma * (margin + d) * (d - margin))
            if near and far:
                total = special.logsumexp(near) + special.logsumexp(far)
                items[i] = np.logaddexp(0.0, total)
        return items, items > 0

    return reference


CASES = (
    Case(
        loss="Circle",
        kind="batch",
        draw=labelled_unit,
        reference=circle(80.0, 0.4),
        edges={
            "together": (PAIRS, TOGETHER),
            "apart": (PAIRS, BASIS),
            "opposite": (PAIRS, np.array([[1.0], [-1.0], [1.0], [-1.0]]) * BASIS[:1]),
            "alone": (np.arange(4), TOGETHER),
        },
        wrong=(PAIRS, CROSSED_UNIT),
        exact=(LABELS_24, CROSSED_UNIT),
    ),
    Case(
        loss="Circle",
        label="gamma=2",
        config={"gamma": 2.0, "margin": 0.25},
        kind="batch",
        draw=labelled_unit,
        reference=circle(2.0, 0.25),
    ),
)
