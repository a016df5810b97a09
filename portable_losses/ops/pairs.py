"""Which pairs of two sets of vectors count, and how the first set is cut in chunks."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops as raw

from portable_losses.ops.chunks import padded
from portable_losses.ops.device_parts import by_part, parts_of


class Pairs(NamedTuple):
    """Which pairs count, and how many first vectors are computed at a time.

    Args:
        names: a number for each first vector and for the second one at the same
            place, `(N,)`; pairs of vectors with equal numbers do not count.
        kept: False for vectors that are in no pair, `(N,)`; None for all.
        chunk: the number of first vectors at a time.
    """

    names: Any
    kept: Any | None
    chunk: int

    def in_chunks(self, *rows: Any) -> tuple[Any, Any, list[Any]]:
        """`padded` of the tensors that `by_part` gives to its function."""
        size = raw.shape(rows[0])[0]
        every = self.kept is None
        if every and not (isinstance(size, int) and size % self.chunk == 0):
            rows = (*rows, raw.ones((size,), "bool"))  # the padding is False
        return padded(self.chunk, *rows)

    def by_part(self, function: Callable[..., Any], *tensors: Any) -> tuple[Any, Any]:
        """Call a function for the part of the first vectors that each device holds.

        Args:
            function: takes tensors of first vectors, then the arguments of `count`,
                and the argument `mapped` of `loop`. It returns two tuples: results for
                each of these first vectors, and sums over them.
            tensors: the tensors of the first vectors.

        Returns:
            The results for all first vectors, and the sums with a new first axis: one
            entry for each device that holds a part of the batch.
        """
        rows = self.rows(*tensors)
        parts = parts_of(raw.shape(rows[0])[0])
        if parts == 1:
            of_rows, sums = function(*rows, mapped=False)
            return of_rows, tuple(raw.expand_dims(x, 0) for x in sums)
        mapped = functools.partial(function, mapped=True)
        of_rows, sums = by_part(mapped, parts, *rows)
        return tuple(raw.reshape(x, (-1, *x.shape[2:])) for x in of_rows), sums

    def rows(self, *tensors: Any) -> tuple[Any, ...]:
        """Tensors of all first vectors, then the arguments of `count`."""
        return (*tensors, self.names, *(() if self.kept is None else (self.kept,)))

    def count(self, names: Any, kept: Any | None = None) -> Any:
        """Whether the pairs of some first vectors count, `(n, N)`."""
        counts = raw.expand_dims(names, 1) != raw.expand_dims(self.names, 0)
        if kept is not None:
            counts = raw.logical_and(counts, raw.expand_dims(kept, 1))
        if self.kept is not None:
            counts = raw.logical_and(counts, raw.expand_dims(self.kept, 0))
        return counts


def pairs_at_once(count: int | None) -> int:
    """The number of first vectors in a chunk, for `count` second ones: 8 MB a chunk."""
    return 256 if count is None else max(1, min(count, max(32, 2**21 // max(count, 1))))


def over_parts(reduce: Callable[..., Any], x: Any) -> Any:
    """Reduce the axis of devices; without a computation if there is one device."""
    return reduce(x, axis=0) if x.shape[0] > 1 else raw.squeeze(x, axis=0)
