"""Cases of the absolute error."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases._shared import real
from portable_losses.parity.cases.regression._shared import FAR, MATCH


def absolute_error(y_true: Array, y_pred: Array) -> Any:
    return np.mean(np.abs(y_true - y_pred), axis=-1)


CASES = (
    Case(
        loss="MeanAbsoluteError",
        draw=real,
        reference=absolute_error,
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
)
