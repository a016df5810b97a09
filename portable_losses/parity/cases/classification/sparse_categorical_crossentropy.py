"""Cases of cross-entropy of class indices."""

import numpy as np

from portable_losses.parity.case import Case
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE,
    HUGE_IDS,
    ID_EDGES,
    MANY_CLASSES,
    WEIGHTS,
    WRONG_IDS,
    counting_first,
    crossentropy,
    ids_logits,
    ids_probabilities,
    without,
)

CASES = (
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
