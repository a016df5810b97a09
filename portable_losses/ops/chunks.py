"""A loop over chunks of the first axis, so that only one chunk is in memory."""

from collections.abc import Callable
from typing import Any

from keras import ops as raw

from portable_losses.ops.known import faster_form

IN_ORDER = faster_form(
    "a loop over chunks",
    "each turn waits for the one before it; a number of a turn is a Python number on "
    "torch, where a slice at a tensor takes an index for every element",
    jax="0.10.2",
    torch="2.13.0",
)


def padded(chunk: int, *tensors: Any) -> tuple[Any, Any, list[Any]]:
    """The length, the number of chunks, and the tensors padded with zeros at the end.

    All chunks have the size `chunk`, so their shape is known even if the length is not.
    """
    length = raw.shape(tensors[0])[0]
    count = -(-length // chunk)
    missing = count * chunk - length
    if isinstance(missing, int) and missing == 0:
        return length, count, list(tensors)
    ends = [raw.zeros((missing, *x.shape[1:]), x.dtype) for x in tensors]
    pairs = zip(tensors, ends, strict=True)
    return length, count, [raw.concatenate(pair, axis=0) for pair in pairs]


def chunk_at(i: Any, chunk: int, *tensors: Any) -> list[Any]:
    """Chunk number i of each tensor."""
    return [
        raw.slice(x, (i * chunk, *(0 for _ in x.shape[1:])), (chunk, *x.shape[1:]))
        for x in tensors
    ]


def with_chunk(whole: Any, i: Any, part: Any) -> Any:
    """The tensor `whole`, with chunk number i replaced by `part`."""
    start = (i * part.shape[0], *(0 for _ in whole.shape[1:]))
    return raw.slice_update(whole, start, part)


def loop(
    count: Any,
    step: Callable[..., Any],
    carry: tuple[Any, ...],
    mapped: bool = False,
) -> Any:
    """Call `carry = step(i, carry)` for each of `count` chunks, one after the other.

    `mapped` says that the loop runs inside of `by_part`, once for each device. There
    `i` must be the same number on all devices, so it cannot depend on the data.
    """
    if isinstance(count, int) and count <= 1:
        return step(0, carry) if count else carry
    if mapped or IN_ORDER:
        return raw.fori_loop(0, count, step, carry)

    def after_the_last(i: Any, carry: tuple[Any, ...]) -> Any:
        # TensorFlow runs up to ten iterations of a loop in parallel if they depend
        # little on each other, and then ten chunks are in memory. So the index `i` is
        # computed from a number that the previous iteration returns.
        first = carry[-1]
        first = raw.slice(first, (0,) * len(first.shape), (1,) * len(first.shape))
        i = raw.where(raw.reshape(first, ()) == 0, i, i)
        return step(i, carry)

    return raw.fori_loop(0, count, after_the_last, carry)
