"""Cases of cross-entropy of one-hot or soft labels."""

import numpy as np

from portable_losses.parity.case import Case
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE_ROWS,
    ROW_EDGES,
    WEIGHTS,
    WRONG_ROWS,
    crossentropy,
    one_hot_logits,
    soft_probabilities,
)

CASES = (
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
)
