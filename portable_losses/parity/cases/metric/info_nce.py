"""Cases of InfoNCE."""

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


def info_nce(
    temperature: float = 0.1, symmetric: bool = True, normalize: bool = True
) -> Any:
    """van den Oord 2018, equation 4, query after query."""

    def reference(y_true: Any, y_pred: Array) -> Array:
        z = unit(y_pred) if normalize else y_pred
        directions = [(z[:, 0], z[:, 1])]
        if symmetric:
            directions.append((z[:, 1], z[:, 0]))
        items = np.zeros(len(z))
        for queries, keys in directions:
            for i, query in enumerate(queries):
                s = keys @ query / temperature
                items[i] += special.logsumexp(s) - s[i]
        return items / len(directions)

    return reference


CASES = (
    Case(
        loss="InfoNCE",
        kind="batch",
        draw=two_views,
        reference=info_nce(),
        edges={
            "same": (NOTHING, SAME),
            "equal": (NOTHING, EQUAL),
            "long": (NOTHING, 1e4 * SWAPPED),
            "zeros": (NOTHING, 0 * SAME),
        },
        wrong=(NOTHING, SWAPPED),
    ),
    Case(
        loss="InfoNCE",
        label="raw queries",
        config={"temperature": 1.0, "symmetric": False, "normalize": False},
        kind="batch",
        draw=two_views,
        reference=info_nce(1.0, symmetric=False, normalize=False),
        edges={
            "wrong by 1e4": (NOTHING, 1e2 * SWAPPED),
            "right by 1e4": (NOTHING, 1e2 * SAME),
        },
        wrong=(NOTHING, 1e2 * SWAPPED),
    ),
)
