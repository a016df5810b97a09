"""Cases of the contrastive loss of a batch."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.metric._shared import (
    CROSSED,
    EDGES,
    LABELS_24,
    PAIRS,
    directions,
    labelled,
    others_of,
)


def contrastive(margin: float = 1.0, positive_margin: float = 0.0) -> Any:
    """Hadsell 2006, pair after pair, in means over an anchor's pairs."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        z = directions(y_pred)
        items, kept = np.zeros(len(z)), np.zeros(len(z), "bool")
        for a in range(len(z)):
            d = [float(np.sqrt(np.sum((z[a] - z[i]) ** 2))) for i in range(len(z))]
            positives, negatives = others_of(y_true, a)
            if positives:
                far = [max(d[p] - positive_margin, 0.0) ** 2 for p in positives]
                near = [max(margin - d[n], 0.0) ** 2 for n in negatives]
                items[a] = np.mean(far) + (np.mean(near) if near else 0.0)
                kept[a] = True
        return items, kept

    return reference


CONFIG = {"margin": 1.5, "positive_margin": 0.3}

CASES = (
    Case(
        loss="Contrastive",
        config=CONFIG,
        kind="batch",
        draw=labelled,
        reference=contrastive(**CONFIG),
        edges=EDGES,
        wrong=(PAIRS, CROSSED),
        exact=(LABELS_24, CROSSED),
    ),
)
