"""Sorting along the last axis, of two tensors by the values of the first."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.known import faster_form

KEYS_AND_ORDER = faster_form(
    "sort_down", "one sort returns the keys and their order", torch="2.13.0"
)


def sort_down(keys: Any, along: Any) -> tuple[Any, Any]:
    """`keys` in descending order along the last axis, and `along` in the same order.

    The sort is stable, so that the result is the same on every backend. The gradient
    of each entry goes to its place before the sort.

    Args:
        keys: a floating tensor without a NaN.
        along: a tensor of the same shape.
    """
    if KEYS_AND_ORDER:
        # Sorting a transposed view would take twice the time.
        keys, along = keys.contiguous(), along.contiguous()
        keys, order = keys.sort(dim=-1, descending=True, stable=True)
        return keys, along.gather(-1, order)
    order = raw.argsort(-keys, axis=-1)
    taken = [raw.take_along_axis(x, order, axis=-1) for x in (keys, along)]
    return taken[0], taken[1]
