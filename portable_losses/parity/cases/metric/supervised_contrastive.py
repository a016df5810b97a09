"""Cases of the supervised contrastive loss."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.metric._shared import (
    BASIS,
    CROSSED,
    LABELS_24,
    PAIRS,
    TOGETHER,
    labelled,
)


def supervised_contrastive(temperature: float) -> Any:
    """Khosla 2020, equation 2, anchor after anchor."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        length = np.linalg.norm(y_pred, axis=-1, keepdims=True)
        z = np.divide(y_pred, length, out=np.zeros_like(y_pred), where=length > 0)
        items, kept = np.zeros(len(z)), np.zeros(len(z), "bool")
        for i, anchor in enumerate(z):
            others = [a for a in range(len(z)) if a != i]
            positives = [p for p in others if y_true[p] == y_true[i]]
            if positives:
                s = z @ anchor / temperature
                total = special.logsumexp(s[others])
                items[i] = -np.mean([s[p] - total for p in positives])
                kept[i] = True
        return items, kept

    return reference


CASES = (
    Case(
        loss="SupervisedContrastive",
        kind="batch",
        draw=labelled,
        reference=supervised_contrastive(0.1),
        edges={
            "together": (PAIRS, TOGETHER),
            "apart": (PAIRS, BASIS),
            "long": (PAIRS, 1e4 * CROSSED),
            "zeros": (PAIRS, 0 * BASIS),
            "alone": (np.arange(4), CROSSED),
        },
        wrong=(PAIRS, CROSSED),
        exact=(LABELS_24, CROSSED),
    ),
    Case(
        loss="SupervisedContrastive",
        label="temperature=0.01, in chunks",
        config={"temperature": 0.01, "chunk_size": 3},
        kind="batch",
        draw=labelled,
        reference=supervised_contrastive(0.01),
    ),
)
