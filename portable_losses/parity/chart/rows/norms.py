"""Norms, and operations that divide by a norm or a deviation."""

from typing import Any

import numpy as np

from portable_losses.parity.chart.op import DTYPES, SINGLE, Op, op, point
from portable_losses.parity.chart.rows._shared import INF, ORDINARY, WITH_INF, A

ZERO_VECTOR = point("zeros", np.zeros(3), promise=(0.0, np.zeros(3)))
WITH_ZERO = point("a zero", [3.0, 0.0, -4.0])
SECOND_ZERO = point("a zero", [3.0, 0.0], promise=(3.0, [1.0, 0.0]))


def _norm(order: Any) -> Any:
    return lambda x: np.linalg.norm(x, order, axis=-1)


def _norms(order: Any, *points: Any) -> Op:
    shown = "" if order is None else f"ord={order:g}, "
    return op(
        "norm",
        _norm(order),
        *points,
        given=f"{shown}axis=-1",
        call=lambda ops, x: ops.norm(x, ord=order, axis=-1),
    )


def _of_matrix(order: Any, dtypes: tuple[str, ...] = DTYPES) -> Op:
    return op(
        "norm",
        lambda x: np.linalg.norm(x, order),
        ORDINARY,
        point("zeros", np.zeros((2, 3)), promise=(0.0, np.zeros((2, 3)))),
        given=f"ord={order!r}, axis=(0, 1)",
        call=lambda ops, x: ops.norm(x, ord=order, axis=(0, 1)),
        dtypes=dtypes,
    )


NORMS = (
    _norms(None, ORDINARY, ZERO_VECTOR, WITH_ZERO, WITH_INF),
    _norms(1, ORDINARY, ZERO_VECTOR, SECOND_ZERO),
    _norms(3, ORDINARY, ZERO_VECTOR, WITH_ZERO),
    _norms(INF, ORDINARY, ZERO_VECTOR),
    _norms(
        -1,
        ORDINARY,
        point("a zero", [2.0, 0.0], promise=(0.0, [0.0, 0.0])),
    ),
    _of_matrix("fro"),
    _of_matrix(1),
    _of_matrix(INF),
    op(
        "norm",
        lambda x: np.linalg.norm(x, "nuc"),
        ORDINARY,
        given="ord='nuc', axis=(0, 1)",
        call=lambda ops, x: ops.norm(x, ord="nuc", axis=(0, 1)),
        dtypes=SINGLE,
    ),
)


def _normalized(x: Any) -> Any:
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / np.maximum(length, 1e-7)


SCALED = (
    op(
        "normalize",
        _normalized,
        ORDINARY,
        WITH_ZERO,
        point(
            "zeros",
            np.zeros(3),
            gradients=([1e7, -0.5e7, 2e7],),
            promise=(0.0, np.zeros(3)),
        ),
        point("small", [0.01, 0.01, 0.01]),
    ),
    op(
        "layer_normalization",
        lambda x: (
            (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3)
        ),
        ORDINARY,
        point("all equal", [[0.5, 0.5, 0.5]]),
        epsilon=1e-3,
    ),
    op(
        "rms_normalization",
        lambda x: x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-3),
        ORDINARY,
        point("zeros", np.zeros((1, 3))),
        epsilon=1e-3,
    ),
    op(
        "batch_normalization",
        lambda x, m, v: (x - m) / np.sqrt(v + 1e-3),
        point("ordinary", A, [0.5, 1.0, -1.0], [1.0, 2.0, 0.5]),
        point("a variance of 0", A, [0.5, 1.0, -1.0], [0.0, 0.0, 0.0]),
        given="axis=-1",
        call=lambda ops, x, m, v: ops.batch_normalization(x, m, v, axis=-1),
    ),
)

ROWS = (*NORMS, *SCALED)
