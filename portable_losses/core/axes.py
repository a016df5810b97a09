"""The axes of masks and weights: fitted to those of the items or of y_pred."""

from typing import Any

import keras

from portable_losses.core import checks


def leading(
    owner: str,
    argument: str,
    value: Any,
    whole: tuple[int | None, ...],
    of: str,
) -> Any:
    """`value` without extra trailing axes of size 1; reject axes that do not fit."""
    value = squeezed(value, whole)
    checks.leading_axes_fit(owner, argument, tuple(value.shape), whole, of)
    return value


def fitted(
    owner: str,
    argument: str,
    value: Any,
    whole: tuple[int | None, ...],
    axis: int = -1,
) -> Any:
    """A mask or weights, with the axes in the order of an aligned y_pred.

    `whole` is the shape of the aligned y_pred. A mask or weights of y_pred's original
    shape, where an item spans `axis`, are transposed like y_pred. If they have fewer
    axes than y_pred, these must be the axes of the items.
    """
    rank = len(whole)
    while len(value.shape) > rank and value.shape[-1] == 1:
        value = keras.ops.squeeze(value, -1)
    if not in_the_middle(axis, rank):
        return leading(owner, argument, value, whole, "y_pred")
    if len(value.shape) == rank:
        moved = squeezed(keras.ops.moveaxis(value, axis, -1), whole)
        if _leads(moved, whole):
            return moved
    short = squeezed(value, whole)
    # The message shows the given shape and that of the items, and not the shape of the
    # aligned y_pred, whose axes are in another order than those of the user's y_pred.
    given = short if _leads(short, whole) else value
    return leading(owner, argument, given, whole[:-1], "the items")


def in_the_middle(axis: int, rank: int) -> bool:
    """Whether `axis` is not the last axis, so that alignment moves it to the end."""
    return axis not in (-1, rank - 1)


def of_all_elements(mask: Any, y_pred: Any, axis: int) -> Any:
    """A mask that Keras attached to a y_pred whose items span a middle axis.

    The axes of such a mask are the leading axes of y_pred. If `axis` is among them, the
    mask is a mask of elements, not of items, and is broadcast to y_pred's shape.
    """
    rank = len(y_pred.shape)
    if not in_the_middle(axis, rank) or len(mask.shape) <= axis % rank:
        return mask
    return keras.ops.broadcast_to(expand(mask, rank), keras.ops.shape(y_pred))


def _leads(x: Any, whole: tuple[int | None, ...]) -> bool:
    shape = tuple(x.shape)
    return checks.same(shape, whole[: len(shape)])


def squeezed(value: Any, whole: tuple[int | None, ...]) -> Any:
    """Squeeze trailing axes of size 1 that `whole` does not have."""
    shape = tuple(value.shape)
    while (
        len(shape) > 1
        and shape[-1] == 1
        and (len(shape) > len(whole) or whole[len(shape) - 1] != 1)
    ):
        value = keras.ops.squeeze(value, -1)
        shape = tuple(value.shape)
    return value


def expand(x: Any, rank: int) -> Any:
    """Append axes of size 1 until `x` has `rank` axes."""
    missing = rank - len(x.shape)
    return keras.ops.expand_dims(x, tuple(range(-missing, 0))) if missing > 0 else x


def both(a: Any | None, b: Any | None) -> Any | None:
    """Logical and of two masks, of which one may lack trailing axes; None is True."""
    if a is None or b is None:
        return b if a is None else a
    rank = max(len(a.shape), len(b.shape))
    return keras.ops.logical_and(expand(a, rank), expand(b, rank))
