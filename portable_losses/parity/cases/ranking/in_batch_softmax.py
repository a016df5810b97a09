"""Cases of InBatchSoftmax."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair

COUNTS = (30.0, 5.0, 1.0, 12.0, 0.5)


def queries_and_items(rng: np.random.Generator, n: int) -> Pair:
    """Items of which some are chosen twice."""
    return rng.integers(0, len(COUNTS), n), rng.normal(size=(n, 2, 4))


def in_batch_softmax(
    temperature: float = 1.0, item_counts: tuple[float, ...] | None = None
) -> Any:
    """Yi 2019, equations 3 to 5, query after query."""

    def reference(y_true: Array, y_pred: Array) -> Array:
        items = np.zeros(len(y_pred))
        for i, (query, _) in enumerate(y_pred):
            logits = []
            for j, (_, item) in enumerate(y_pred):
                if j != i and y_true[j] == y_true[i]:
                    continue
                logit = query @ item / temperature
                if item_counts is not None:
                    logit -= np.log(item_counts[y_true[j]] / sum(item_counts))
                logits.append((logit, j == i))
            s = np.array([logit for logit, _ in logits])
            own = next(logit for logit, mine in logits if mine)
            items[i] = s.max() + np.log(np.exp(s - s.max()).sum()) - own
        return items

    return reference


IDS = np.array([0, 1, 1, 4])
SAME = np.stack([np.eye(4), np.eye(4)], axis=1)
SWAPPED = np.stack([np.eye(4), np.eye(4)[[3, 0, 0, 1]]], axis=1)

CASES = (
    Case(
        loss="InBatchSoftmax",
        kind="batch",
        draw=queries_and_items,
        reference=in_batch_softmax(),
        edges={
            "same": (IDS, SAME),
            "one item": (np.zeros(4, "int64"), SWAPPED),
            "long": (IDS, 1e4 * SWAPPED),
            "zeros": (IDS, 0 * SAME),
        },
        wrong=(IDS, 1e2 * SWAPPED),
    ),
    Case(
        loss="InBatchSoftmax",
        label="temperature, counts",
        config={"temperature": 0.2, "item_counts": COUNTS},
        kind="batch",
        draw=queries_and_items,
        reference=in_batch_softmax(0.2, COUNTS),
        edges={"long": (IDS, 1e2 * SAME)},
        wrong=(IDS, 1e2 * SWAPPED),
    ),
    Case(
        loss="InBatchSoftmax",
        label="in chunks",
        config={"item_counts": COUNTS, "chunk_size": 3},
        kind="batch",
        draw=queries_and_items,
        reference=in_batch_softmax(1.0, COUNTS),
        edges={"same": (IDS, SAME), "long": (IDS, 1e2 * SWAPPED)},
        wrong=(IDS, 1e2 * SWAPPED),
    ),
)
