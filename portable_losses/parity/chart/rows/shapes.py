"""Operations that rearrange numbers without changing them: reshape, transpose, pad."""

from typing import Any

import keras
import numpy as np

from portable_losses.parity.chart.op import Op, op, point
from portable_losses.parity.chart.rows._shared import (
    EMPTY,
    INF,
    ORDINARY,
    A,
    B,
    V,
)

TWO = point("ordinary", A, B)
VECTOR = point("ordinary", V)
SQUARE = point("ordinary", np.array([[1.0, -2.0], [3.0, 0.5]]))


def _move(name: str, reference: Any, given: str, *values: Any, **arguments: Any) -> Op:
    """An operation that is called with more arguments than the array."""

    def call(ops: Any, x: Any) -> Any:
        return getattr(ops, name)(x, *values, **arguments)

    return op(name, reference, ORDINARY, EMPTY, given=given, call=call)


ARRANGED = (
    _move("reshape", lambda x: x.reshape(-1), "(-1,)", (-1,)),
    _move("ravel", np.ravel, ""),
    _move("transpose", np.transpose, ""),
    _move("swapaxes", lambda x: np.swapaxes(x, 0, 1), "0, 1", 0, 1),
    _move("moveaxis", lambda x: np.moveaxis(x, 0, 1), "0, 1", 0, 1),
    _move("expand_dims", lambda x: x[None], "0", 0),
    op(
        "squeeze",
        np.squeeze,
        point("ordinary", A[None]),
    ),
    _move("flip", np.flip, ""),
    _move("fliplr", np.fliplr, ""),
    _move("flipud", np.flipud, ""),
    _move("rot90", np.rot90, ""),
    _move("roll", lambda x: np.roll(x, 1, axis=1), "1, axis=1", 1, axis=1),
    _move("tile", lambda x: np.tile(x, (2, 1)), "(2, 1)", (2, 1)),
    _move("repeat", lambda x: np.repeat(x, 2, axis=1), "2, axis=1", 2, axis=1),
    op(
        "broadcast_to",
        lambda x: np.broadcast_to(x, (2, 3)),
        VECTOR,
        given="(2, 3)",
        call=lambda ops, x: ops.broadcast_to(x, (2, 3)),
    ),
    op("diag", np.diag, VECTOR, SQUARE),
    op("diagflat", np.diagflat, VECTOR),
    op("diagonal", np.diagonal, ORDINARY),
    op("tril", np.tril, ORDINARY, point("an inf", [[1.0, INF], [2.0, 3.0]])),
    op("triu", np.triu, ORDINARY),
    op("diff", np.diff, ORDINARY, VECTOR),
    op(
        "rearrange",
        np.transpose,
        ORDINARY,
        given="'a b -> b a'",
        call=lambda ops, x: ops.rearrange(x, "a b -> b a"),
    ),
)


def _halves(name: str, reference: Any, x: Any, *values: Any) -> Op:
    given = ", ".join(map(repr, values))
    return op(
        name,
        lambda x: tuple(reference(x, *values)),
        point("ordinary", x),
        given=given,
        call=lambda ops, x: getattr(ops, name)(x, *values),
    )


CUBE = np.arange(1.0, 9.0).reshape(2, 2, 2)

SPLIT = (
    _halves("split", np.split, A.T, 3),
    _halves("array_split", np.array_split, A.T, 2),
    _halves("hsplit", np.hsplit, A, 3),
    _halves("vsplit", np.vsplit, A, 2),
    _halves("dsplit", np.dsplit, CUBE, 2),
    op("unstack", tuple, ORDINARY),
    op(
        "meshgrid",
        lambda x, y: tuple(np.meshgrid(x, y)),
        point("ordinary", V, [0.5, -1.0]),
    ),
)


def _of_two(name: str, reference: Any, given: str = "", **arguments: Any) -> Op:
    return op(
        name,
        lambda x, y: reference([x, y]),
        TWO,
        given=given,
        call=lambda ops, x, y: getattr(ops, name)([x, y], **arguments),
    )


JOINED = (
    _of_two("concatenate", np.concatenate),
    _of_two("stack", np.stack),
    _of_two("hstack", np.hstack),
    _of_two("vstack", np.vstack),
    _of_two("dstack", np.dstack),
    _of_two("column_stack", np.column_stack),
    op("append", np.append, TWO),
)


def _pad(mode: Any, width: int) -> Op:
    return op(
        "pad",
        lambda x: np.pad(x, ((0, 0), (width, width)), mode=mode),
        ORDINARY,
        given=f"{width}, mode={mode!r}",
        call=lambda ops, x: ops.pad(x, ((0, 0), (width, width)), mode=mode),
    )


PADDED = (
    _pad("constant", 1),
    _pad("reflect", 1),
    _pad("reflect", 2),
    _pad("symmetric", 1),
    _pad("symmetric", 2),
    op(
        "depth_to_space",
        lambda x: np.transpose(x.reshape(1, 1, 1, 2, 2, 1), (0, 1, 3, 2, 4, 5)).reshape(
            1, 2, 2, 1
        ),
        point("ordinary", np.arange(1.0, 5.0).reshape(1, 1, 1, 4)),
        given="2",
        call=lambda ops, x: ops.depth_to_space(x, 2),
    ),
    op(
        "space_to_depth",
        lambda x: np.transpose(x.reshape(1, 1, 2, 1, 2, 1), (0, 1, 3, 2, 4, 5)).reshape(
            1, 1, 1, 4
        ),
        point("ordinary", np.arange(1.0, 5.0).reshape(1, 2, 2, 1)),
        given="2",
        call=lambda ops, x: ops.space_to_depth(x, 2),
    ),
)

FILLED = (
    op(
        "full_like",
        lambda x: np.full(3, x),
        point("ordinary", 2.0),
        given="by its value",
        call=lambda ops, x: ops.full_like(keras.ops.zeros((3,), x.dtype), x),
    ),
    op(
        "linspace",
        lambda x, y: np.linspace(x, y, 4),
        point("ordinary", 1.0, 3.0),
        given="num=4",
        call=lambda ops, x, y: ops.linspace(x, y, 4),
    ),
    op(
        "logspace",
        lambda x, y: np.logspace(x, y, 3),
        point("ordinary", 0.5, 1.0),
        given="num=3",
        call=lambda ops, x, y: ops.logspace(x, y, 3),
    ),
    op(
        "geomspace",
        lambda x, y: np.geomspace(x, y, 3),
        point("ordinary", 1.0, 8.0),
        given="num=3",
        call=lambda ops, x, y: ops.geomspace(x, y, 3),
    ),
    op(
        "cast",
        lambda x: np.array(x),
        ORDINARY,
        given="'float32'",
        call=lambda ops, x: ops.cast(x, "float32"),
    ),
    op(
        "saturate_cast",
        lambda x: np.array(x),
        ORDINARY,
        given="'float32'",
        call=lambda ops, x: ops.saturate_cast(x, "float32"),
    ),
    op("array", lambda x: np.array(x), ORDINARY, EMPTY),
    op("convert_to_tensor", lambda x: np.array(x), ORDINARY, EMPTY),
)

ROWS = (*ARRANGED, *SPLIT, *JOINED, *PADDED, *FILLED)
