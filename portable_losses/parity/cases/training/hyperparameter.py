"""Cases of a loss with a `Hyperparameter`."""

from portable_losses.parity.case import Case
from portable_losses.parity.cases._shared import EXACT, real
from portable_losses.parity.cases.training._shared import W, huber

CASES = (
    Case(
        loss="Huber",
        label="moving",
        config={"delta": W},
        draw=real,
        reference=huber,
        edges={"match": (EXACT, EXACT), "corner": (EXACT, EXACT + 0.25)},
    ),
)
