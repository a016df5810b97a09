"""Gather, scatter and sort: operations by index or order."""

from typing import Any

import numpy as np

from portable_losses.parity.chart.op import Op, op, point
from portable_losses.parity.chart.rows._shared import ORDINARY, PAIRED, WITH_NAN, V

VECTOR = point("ordinary", V)
FOUR = point("ordinary", np.arange(1.0, 5.0))
PLACES = np.array([[0, 2], [1, 1]], "int32")
TWICE = np.array([0, 2, 2], "int32")


def _scattered(x: Any, updates: Any) -> Any:
    result = np.array(x)
    np.add.at(result, TWICE, updates)
    return result


def _written(x: Any, updates: Any) -> Any:
    result = np.array(x)
    result[[0, 2]] = updates
    return result


def _columns(indices: Any) -> Any:
    return np.asarray(indices, "int32")[:, None]


TAKEN = (
    op(
        "take",
        lambda x: np.take(x, TWICE, axis=1),
        ORDINARY,
        given="[0, 2, 2], axis=1",
        call=lambda ops, x: ops.take(x, TWICE, axis=1),
    ),
    op(
        "take_along_axis",
        lambda x: np.take_along_axis(x, PLACES, axis=1),
        ORDINARY,
        given="[[0, 2], [1, 1]], axis=1",
        call=lambda ops, x: ops.take_along_axis(x, PLACES, axis=1),
    ),
    op(
        "get_item",
        lambda x: x[:, 1],
        ORDINARY,
        given="(:, 1)",
        call=lambda ops, x: ops.get_item(x, (slice(None), 1)),
    ),
    op(
        "slice",
        lambda x: x[0:1, 1:3],
        ORDINARY,
        given="(0, 1), (1, 2)",
        call=lambda ops, x: ops.slice(x, (0, 1), (1, 2)),
    ),
    op(
        "slice_update",
        lambda x, y: np.concatenate([x[:1], y]),
        point("ordinary", V, [0.5, -1.0]),
        given="(1,)",
        call=lambda ops, x, y: ops.slice_update(x, (1,), y),
    ),
    op(
        "scatter",
        lambda y: _scattered(np.zeros(3), y),
        VECTOR,
        given="twice at one place",
        call=lambda ops, y: ops.scatter(_columns(TWICE), y, (3,)),
    ),
    op(
        "scatter_update",
        _written,
        point("ordinary", V, [0.5, -1.0]),
        call=lambda ops, x, y: ops.scatter_update(x, _columns([0, 2]), y),
    ),
    op(
        "scatter_update",
        _scattered,
        point("ordinary", V, [0.5, -1.0, 2.0]),
        given="reduction='add', twice at one place",
        call=lambda ops, x, y: ops.scatter_update(
            x, _columns(TWICE), y, reduction="add"
        ),
    ),
    op(
        "bincount",
        lambda w: np.bincount(TWICE, w, 4),
        VECTOR,
        given="weights",
        call=lambda ops, w: ops.bincount(TWICE, weights=w, minlength=4),
    ),
    op("sort", np.sort, ORDINARY, PAIRED, WITH_NAN),
    op(
        "top_k",
        lambda x: -np.sort(-x, axis=-1)[..., :2],
        ORDINARY,
        PAIRED,
        given="2",
        call=lambda ops, x: ops.top_k(x, 2)[0],
    ),
)


def _segments(name: str, reduce: Any) -> Op:
    ids = np.array([0, 1, 1, 3], "int32")

    def reference(x: Any) -> Any:
        return np.array([reduce(x[ids == i]) for i in (0, 1, 3)])

    def call(ops: Any, x: Any) -> Any:
        found = getattr(ops, name)(x, ids, num_segments=4)
        return ops.take(found, np.array([0, 1, 3], "int32"), axis=0)

    return op(
        name,
        reference,
        FOUR,
        point("ties", [1.0, 2.0, 2.0, 0.0]),
        given="[0, 1, 1, 3], without the empty one",
        call=call,
    )


SEGMENTS = (
    _segments("segment_sum", np.sum),
    _segments("segment_prod", np.prod),
    _segments("segment_max", np.max),
    _segments("segment_min", np.min),
    op(
        "segment_sum",
        lambda x: np.array([x[0], 0.0, x[1] + x[2]]),
        VECTOR,
        given="[0, 2, 2], an empty one",
        call=lambda ops, x: ops.segment_sum(
            x, np.array([0, 2, 2], "int32"), num_segments=3
        ),
    ),
)

ROWS = (*TAKEN, *SEGMENTS)
