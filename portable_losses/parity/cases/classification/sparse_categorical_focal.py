"""Cases of focal cross-entropy of class indices."""

import numpy as np

from portable_losses.parity.case import Case
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE_IDS,
    ID_EDGES,
    MANY_CLASSES,
    WEIGHTS,
    WRONG_IDS,
    counting_first,
    focal,
    ids_logits,
    ids_probabilities,
    without,
)

CASES = (
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
