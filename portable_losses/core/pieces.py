"""The items of a large batch, piece by piece, where that is faster."""

import math
from collections.abc import Callable
from typing import Any

import keras

from portable_losses.core.axes import expand
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


def in_pieces(
    items: Callable[[Inputs], Items], x: Inputs, of_positions: bool
) -> Items | None:
    """The items of all pieces of the batch, and which of them the loss keeps.

    None where the batch is better computed as a whole: if it is not large, in compiled
    code, or if its items are not one or more for each sample.

    Args:
        items: computes the items of a batch, each sample apart from the others.
        x: the inputs of the batch.
        of_positions: whether an item depends on the last axis of one position alone.
    """
    if not IN_PIECES or x.columns is not None or x.context:
        return None
    shape = tuple(x.y_pred.shape)
    if math.prod(shape) <= LARGE or not cheap_to_read(x.y_pred):
        return None
    if of_positions and math.prod(shape[1:]) > PIECE:
        x = _flat(x)
    size = math.prod(x.y_pred.shape[1:])
    rows, count = max(1, PIECE // size), x.y_pred.shape[0]
    if rows >= count:
        return None
    found = []
    for piece in _pieces(x, rows):
        values, chosen = items(piece)
        if len(values.shape) == 0 or values.shape[0] != piece.y_pred.shape[0]:
            return None
        found.append((values, chosen))
    values, chosen = (_joined(parts) for parts in zip(*found, strict=True))
    if len(x.y_pred.shape) == len(shape):
        return values, chosen
    axes = (*shape[:-1], *values.shape[1:])
    values = keras.ops.reshape(values, axes)
    return values, None if chosen is None else keras.ops.reshape(chosen, axes)


def _joined(parts: tuple[Any, ...]) -> Any:
    return None if parts[0] is None else keras.ops.concatenate(parts, axis=0)


def _flat(x: Inputs) -> Inputs:
    """The inputs with all positions on the first axis; as they are if one is not so."""
    shape = tuple(x.y_pred.shape)
    lead, new = shape[:-1], (math.prod(shape[:-1]),)
    true, kept = x.y_true, x.kept
    dense = tuple(true.shape) == shape
    if kept is not None:
        if len(kept.shape) > len(lead):
            return x
        kept = keras.ops.broadcast_to(expand(kept, len(lead)), lead)
        kept = keras.ops.reshape(kept, new)
    if not dense and tuple(true.shape) != lead:
        return x
    return x._replace(
        y_true=keras.ops.reshape(true, (*new, shape[-1]) if dense else new),
        y_pred=keras.ops.reshape(x.y_pred, (*new, shape[-1])),
        kept=kept,
    )


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
