"""Cases of the focal loss of detectors."""

from portable_losses.parity.case import Case
from portable_losses.parity.cases.classification._shared import (
    BINARY_EDGES,
    CORNERS,
    HUGE,
    HUGE_BINARY,
    WRONG_BINARY,
    binary_focal,
    soft_logits,
)

CASES = (
    Case(
        loss="SigmoidFocal",
        config={"from_logits": True},
        draw=soft_logits,
        reference=binary_focal(True, alpha=0.25),
        edges={**BINARY_EDGES, "huge": HUGE_BINARY, "half": (0.5 + 0 * CORNERS, HUGE)},
        wrong=WRONG_BINARY,
    ),
)
