"""Cases of connectionist temporal classification."""

import functools
import itertools
from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases._shared import log_softmax_of_logits

FRAMES, CLASSES = 4, 4
LABELS = np.array([[1, 2, 3], [2, 2, -1], [3, -1, 1], [-1, -1, -1], [1, 0, 2]])


def labels_logits(rng: np.random.Generator, n: int) -> Pair:
    """Label sequences with repeats, with padding between labels, and empty ones."""
    return LABELS[np.arange(n) % len(LABELS)], 2 * rng.normal(size=(n, FRAMES, CLASSES))


def blanks_logits(rng: np.random.Generator, n: int) -> Pair:
    """Labels padded with the blank at the end, as in Keras."""
    t = np.array([[1, 2, 3], [2, 2, 0], [3, 0, 0], [1, 3, 0]])[np.arange(n) % 4]
    return t, 2 * rng.normal(size=(n, FRAMES, CLASSES))


def lengths_labels_logits(rng: np.random.Generator, n: int) -> Pair:
    """The same with a first column of lengths; some have no possible alignment."""
    t, p = labels_logits(rng, n)
    lengths = np.array([3, 4, 2, 2, 1, 0])[np.arange(n) % 6]
    return np.concatenate([lengths[:, None], t], axis=1), p


@functools.cache
def alignments(frames: int, blank: int) -> tuple[Array, tuple[tuple[int, ...], ...]]:
    """Every path through the classes, and the labels to which each collapses."""
    paths = list(itertools.product(range(CLASSES), repeat=frames))
    collapsed = tuple(
        tuple(c for c, _ in itertools.groupby(path) if c != blank) for path in paths
    )
    return np.array(paths, "int64").reshape(len(paths), frames), collapsed


def ctc(blank: int = 0, lengths: bool = False, impossible: float = 0.0) -> Any:
    """Graves 2006, equation 3: the sum over all paths, one by one."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        log_p = log_softmax_of_logits(y_pred)
        items = np.empty(len(y_pred))
        for i, row in enumerate(y_true):
            frames = int(row[0]) if lengths else FRAMES
            labels = row[1:] if lengths else row
            wanted = tuple(int(c) for c in labels if c not in (-1, blank))
            paths, collapsed = alignments(frames, blank)
            fits = np.array([labels == wanted for labels in collapsed])
            paths = log_p[i, np.arange(frames), paths[fits]].sum(axis=1)
            likelihood = special.logsumexp(paths) if fits.any() else -INF
            items[i] = impossible if likelihood == -INF else -likelihood
        return items

    return reference


HUGE: Pair = (
    np.array([[1, 2, -1], [1, 1, -1], [1, 1, 1]]),
    1e4 * np.sin(np.arange(3.0 * FRAMES * CLASSES)).reshape(3, FRAMES, CLASSES),
)
INF = float("inf")
FRAME = np.array([0.5, 1.0, -1.0, 2.0])
MASKED: Pair = (
    np.array([[1, 2, -1], [1, -1, -1], [1, 2, -1]]),
    np.stack(
        [
            np.tile(np.where([0, 0, 0, 1], -INF, FRAME), (FRAMES, 1)),
            np.array([[0, INF, 0, 1], [1, 2, -INF, 0], [1, 2, 3, 0], FRAME]),
            np.tile(np.where([0, 0, 1, 0], -INF, FRAME), (FRAMES, 1)),  # impossible
        ]
    ),
)
WRONG: Pair = (
    np.array([[1, 2, -1], [2, -1, -1]]),
    np.broadcast_to([0.0, 0.0, 0.0, 200.0], (2, FRAMES, CLASSES)),
)


CASES = (
    Case(
        loss="CTC",
        draw=labels_logits,
        reference=ctc(),
        edges={
            "huge": HUGE,
            "masked": MASKED,
            "even": (LABELS, np.zeros((len(LABELS), FRAMES, CLASSES))),
        },
        wrong=WRONG,
    ),
    Case(
        loss="CTC",
        label="blanks",
        draw=blanks_logits,
        reference=ctc(),
        edges={"infeasible": (np.array([[1, 1, 1], [2, 2, 2]]), WRONG[1])},
    ),
    Case(
        loss="CTC",
        label="lengths",
        config={"lengths_in_target": True, "blank_index": 3},
        draw=lengths_labels_logits,
        reference=ctc(blank=3, lengths=True),
    ),
)
