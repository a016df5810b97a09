"""Cases of NT-Xent."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.metric._views import (
    EQUAL,
    NOTHING,
    SAME,
    SWAPPED,
    two_views,
    unit,
)


def nt_xent(y_true: Any, y_pred: Array) -> Array:
    """Chen 2020, equation 1, with a temperature of 0.5; view after view."""
    z = unit(y_pred).reshape(-1, y_pred.shape[-1])
    items = np.zeros(len(z))
    for i, view in enumerate(z):
        other = i + 1 if i % 2 == 0 else i - 1
        s = z @ view / 0.5
        items[i] = special.logsumexp(np.delete(s, i)) - s[other]
    return items.reshape(-1, 2)


CASES = (
    Case(
        loss="NTXent",
        kind="batch",
        draw=two_views,
        reference=nt_xent,
        edges={
            "same": (NOTHING, SAME),
            "equal": (NOTHING, EQUAL),
            "long": (NOTHING, 1e4 * SWAPPED),
            "zeros": (NOTHING, 0 * SAME),
        },
        wrong=(NOTHING, SWAPPED),
    ),
    Case(
        loss="NTXent",
        label="in chunks",
        config={"chunk_size": 3},
        kind="batch",
        draw=two_views,
        reference=nt_xent,
        edges={"equal": (NOTHING, EQUAL), "zeros": (NOTHING, 0 * SAME)},
        wrong=(NOTHING, SWAPPED),
    ),
)
