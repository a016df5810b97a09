"""Cases of focal cross-entropy of one-hot or soft labels."""

import numpy as np

from portable_losses.parity.case import Case
from portable_losses.parity.cases.classification._shared import (
    CORNERS,
    HUGE_ROWS,
    ROW_EDGES,
    WEIGHTS,
    WRONG_ROWS,
    focal,
    one_hot_logits,
    soft_probabilities,
)

CASES = (
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
)
