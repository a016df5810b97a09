"""The items of a large batch, piece by piece, where that is faster."""

import math
from collections.abc import Callable
from typing import Any

import keras

from portable_losses.core.preparation import Inputs
from portable_losses.ops.eager import cheap_to_read
from portable_losses.ops.known import faster_form

IN_PIECES = faster_form(
    "the items of a large batch on the CPU",
    "for each larger tensor torch asks the system for memory, which is cleared first; "
    "smaller ones reuse what is free",
    torch="2.13.0",
)

LARGE = 2**22
"""Elements of y_pred, 16 MB in float32: up to 32 MB malloc reuses memory."""

PIECE = 2**21
"""Elements of a piece; one sample may have more."""

Items = tuple[Any, Any]


def in_pieces(items: Callable[[Inputs], Items], x: Inputs) -> Items | None:
    """The items of all pieces of the batch, and which of them the loss keeps.

    None where the batch is better computed as a whole: if it is not large, in compiled
    code, or if its items are not one or more for each sample.

    Args:
        items: computes the items of a batch, each sample apart from the others.
        x: the inputs of the batch.
    """
    if not IN_PIECES or x.columns is not None or x.context:
        return None
    shape = tuple(x.y_pred.shape)
    rows = max(1, PIECE // max(1, math.prod(shape[1:])))
    if math.prod(shape) <= LARGE or rows >= shape[0] or not cheap_to_read(x.y_pred):
        return None
    found = []
    for piece in _pieces(x, rows):
        values, chosen = items(piece)
        if len(values.shape) == 0 or values.shape[0] != piece.y_pred.shape[0]:
            return None
        found.append((values, chosen))
    values = keras.ops.concatenate([v for v, _ in found], axis=0)
    return values, None if found[0][1] is None else _joined(found)


def _joined(found: list[Items]) -> Any:
    return keras.ops.concatenate([chosen for _, chosen in found], axis=0)


def _pieces(x: Inputs, rows: int) -> list[Inputs]:
    """The inputs that `call` takes, cut into pieces of that many samples."""
    count = x.y_pred.shape[0]
    ends = list(range(rows, count, rows))

    def cut(tensor: Any) -> list[Any]:
        if tensor is None:
            return [None] * (len(ends) + 1)
        return list(keras.ops.split(tensor, ends, axis=0))

    each = zip(cut(x.y_true), cut(x.y_pred), cut(x.kept), strict=True)
    return [x._replace(y_true=t, y_pred=p, kept=k) for t, p, k in each]
