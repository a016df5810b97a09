"""Cases of cross-entropy of the hardest items."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.classification._shared import (
    ID_EDGES,
    WRONG_IDS,
    crossentropy,
    ids_logits,
)


def hardest(fraction: float) -> Any:
    """The largest of each sample, or of the batch, by a stable sort."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        items = crossentropy(True)(y_true, y_pred)
        rows = items.reshape(1, -1) if items.ndim == 1 else items
        k = max(1, int(np.floor(fraction * rows.shape[1] + 1e-4)))
        chosen = np.zeros(rows.shape, "bool")
        first = np.argsort(-rows, axis=1, kind="stable")[:, :k]
        np.put_along_axis(chosen, first, True, axis=1)
        return items, chosen.reshape(items.shape)

    return reference


def sequences(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 4, (n, 5)), 2 * rng.normal(size=(n, 5, 4))


TIES: Pair = (np.zeros((2, 5), "int64"), np.zeros((2, 5, 4)))
WRONG: Pair = (
    np.tile(WRONG_IDS[0][:, None], (1, 5)),
    np.tile(WRONG_IDS[1][:, None], (1, 5, 1)),
)

CASES = (
    Case(
        loss="TopKCrossentropy",
        label="of a sample",
        config={"fraction": 0.4, "from_logits": True},
        draw=sequences,
        reference=hardest(0.4),
        edges={"ties": TIES},
        wrong=WRONG,
        classes=4,
    ),
    Case(
        loss="TopKCrossentropy",
        label="of the batch",
        kind="batch",
        config={"fraction": 0.3, "from_logits": True},
        draw=ids_logits,
        reference=hardest(0.3),
        edges={**ID_EDGES, "ties": (TIES[0][0], TIES[1][0])},
        classes=4,
    ),
)
