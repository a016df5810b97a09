"""Cases of binary focal cross-entropy."""

import numpy as np

from portable_losses.parity.case import Case
from portable_losses.parity.cases.classification._shared import (
    BINARY_EDGES,
    CORNERS,
    HUGE,
    HUGE_BINARY,
    WEIGHTS,
    WRONG_BINARY,
    binary_focal,
    binary_logits,
    binary_probabilities,
    soft_logits,
)

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
)
