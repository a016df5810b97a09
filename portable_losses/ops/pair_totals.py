"""Sums over all pairs of two sets of vectors, in linear memory.

The N x N inner products are computed for a chunk of the first vectors at a time, and a
second time for the gradient. A pair counts unless both vectors have the same name (see
`Pairs`), or one of them is not kept.
"""

from typing import Any, NamedTuple

from keras import ops as raw

from portable_losses.ops.chunks import chunk_at, loop, with_chunk
from portable_losses.ops.device_parts import on_each_device
from portable_losses.ops.log_sums import INF, logsumexp, softplus
from portable_losses.ops.own_gradients import of_chunks, with_gradient
from portable_losses.ops.pairs import Pairs, over_parts
from portable_losses.ops.selects import where

SAFE = 40.0
"""A sum of 1e21 terms exp(40) does not overflow, and exp(-40) does not underflow."""


def log_totals(
    a: Any, b: Any, pairs: Pairs, both: bool, bound: float | None = None
) -> tuple[Any, Any | None]:
    """log sum_j exp(a_i b_j) and, if `both`, log sum_i exp(a_i b_j), over the pairs.

    Each is `(N,)`, and -inf where there is no pair.

    Args:
        a: the first vectors, `(N, D)`.
        b: the second vectors, `(N, D)`.
        pairs: which pairs count.
        both: whether both are computed, else the second is None.
        bound: an upper bound of the absolute inner products, if one is known. With a
            bound of at most 40 the largest product need not be subtracted.
    """
    safe = bound is not None and bound <= SAFE
    size = raw.shape(a)[0]

    def forward(a: Any, b: Any) -> tuple[Any, Any]:
        a, b = raw.stop_gradient(a), on_each_device(raw.stop_gradient(b))
        sums = _sums(a, b, pairs, both, safe)

        def gradient(*args: Any, upstream: Any = None) -> Any:
            g = args[-1] if upstream is None else upstream
            return _gradients_of_totals(a, b, pairs, safe, sums, g)

        return raw.concatenate([x.log() for x in sums]), gradient

    def by_autodiff(a: Any, b: Any) -> Any:
        def totals(some: Any, *told: Any) -> list[Any]:
            z = where(pairs.count(*told), raw.einsum("nd,md->nm", some, b), -INF)
            return [logsumexp(z, axis=axis) for axis in ((1, 0) if both else (1,))]

        parts = list(zip(*of_chunks(totals, pairs.chunk, pairs.rows(a)), strict=True))
        columns = [logsumexp(raw.stack(x), axis=0) for x in parts[1:]]
        return raw.concatenate([*parts[0], *columns])

    found = with_gradient(forward, by_autodiff, a, b)
    return (found[:size], found[size:]) if both else (found, None)


def sums_of_costs(a: Any, b: Any, bias: Any, pairs: Pairs) -> Any:
    """sum_j softplus(a_i b_j + bias) over the pairs that count, `(N,)`.

    Args:
        a: the first vectors, `(N, D)`.
        b: the second vectors, `(N, D)`.
        bias: a number.
        pairs: which pairs count.
    """

    def forward(a: Any, b: Any, bias: Any) -> tuple[Any, Any]:
        a, b, bias = (raw.stop_gradient(x) for x in (a, b, bias))
        b = on_each_device(b)

        def gradient(*args: Any, upstream: Any = None) -> Any:
            g = args[-1] if upstream is None else upstream
            return _gradients_of_costs(a, b, bias, pairs, g)

        return _costs(a, b, bias, pairs), gradient

    def by_autodiff(a: Any, b: Any, bias: Any) -> Any:
        def totals(some: Any, *told: Any) -> Any:
            z = raw.einsum("nd,md->nm", some, b) + bias
            return raw.sum(where(pairs.count(*told), softplus(z), 0.0), axis=1)

        return raw.concatenate(of_chunks(totals, pairs.chunk, pairs.rows(a)))

    return with_gradient(forward, by_autodiff, a, b, raw.cast(bias, a.dtype))


# --- log sums of exponentials ---------------------------------------------------------
# Each is stored as a sum and the shift of its exponents, not as a logarithm: from a
# rounded logarithm a probability of almost 1 could not be computed accurately.


class Sums(NamedTuple):
    """sum exp(z - shift), and the shift; both have the shape of the sum."""

    total: Any
    shift: Any

    def log(self) -> Any:
        return raw.log(self.total) + self.shift

    def shares(self, g: Any) -> Any:
        """g / total, and 0 where no pair counts."""
        none = self.total == 0
        return raw.where(none, 0.0, g / raw.where(none, 1.0, self.total))


def _sums(a: Any, b: Any, pairs: Pairs, both: bool, safe: bool) -> list[Sums]:
    """The sums over the second vectors and, if `both`, those over the first ones."""

    def in_part(*rows: Any, mapped: bool) -> Any:
        def step(i: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
            some, *told = chunk_at(i, pairs.chunk, firsts, *of_firsts)
            z, counts = raw.einsum("nd,md->nm", some, b), pairs.count(*told)
            if safe:
                e = raw.where(counts, raw.exp(z), 0.0)
                found = (with_chunk(found[0], i, raw.sum(e, axis=1)), *found[1:])
                return (*found[:-1], found[-1] + raw.sum(e, axis=0)) if both else found
            z = raw.where(counts, z, -INF)
            shift = _finite(raw.max(z, axis=1))
            total = raw.sum(raw.exp(z - raw.expand_dims(shift, 1)), axis=1)
            rows = (with_chunk(found[0], i, total), with_chunk(found[1], i, shift))
            if not both:
                return rows
            before, total = found[2:]
            largest = raw.maximum(before, raw.max(z, axis=0))
            shift = _finite(largest)
            z -= shift
            total = total * raw.exp(before - shift) + raw.sum(raw.exp(z), axis=0)
            return *rows, largest, total

        size, count, (firsts, *of_firsts) = pairs.in_chunks(*rows)
        row, column = raw.zeros_like(firsts[:, 0]), raw.zeros_like(b[:, 0])
        # Two arrays, not `row` twice: on NumPy, `with_chunk` writes into its argument.
        start: tuple[Any, ...] = (row,) if safe else (row, raw.zeros_like(row))
        of_rows = len(start)
        if both:
            start += (column,) if safe else (column - INF, column)
        found = loop(count, step, start, mapped)
        return tuple(x[:size] for x in found[:of_rows]), tuple(found[of_rows:])

    rows, columns = pairs.by_part(in_part, a)
    if safe:
        totals = (*rows, *(over_parts(raw.sum, x) for x in columns))
        return [Sums(total, raw.zeros_like(total)) for total in totals]
    if not both:
        return [Sums(*rows)]
    largest, total = columns
    shift = _finite(over_parts(raw.max, largest))
    if total.shape[0] > 1:
        total = total * raw.exp(largest - shift)
    return [Sums(*rows), Sums(over_parts(raw.sum, total), shift)]


def _gradients_of_totals(
    a: Any, b: Any, pairs: Pairs, safe: bool, sums: list[Sums], g: Any
) -> tuple[Any, Any]:
    def in_part(*rows: Any, mapped: bool) -> Any:
        def step(i: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
            some, share, shift, *told = chunk_at(i, pairs.chunk, *chunked)
            z, counts = raw.einsum("nd,md->nm", some, b), pairs.count(*told)
            if safe:
                e = raw.exp(z)
                e *= share + columns[0] if columns else share
            else:
                e = raw.exp(z - shift)
                e *= share
                if columns:
                    z -= sums[1].shift
                    e += raw.exp(z) * columns[0]
            e = raw.where(counts, e, 0.0)
            of_a, of_b = found
            of_b += raw.einsum("nm,nd->md", e, some)
            return with_chunk(of_a, i, raw.matmul(e, b)), of_b

        size, count, chunked = pairs.in_chunks(*rows)
        start = (raw.zeros_like(chunked[0]), raw.zeros_like(b))
        of_a, of_b = loop(count, step, start, mapped)
        return (of_a[:size],), (of_b,)

    size = raw.shape(a)[0]
    columns = [sums[1].shares(g[size:])] if len(sums) == 2 else []
    told = [raw.expand_dims(x, 1) for x in (sums[0].shares(g[:size]), sums[0].shift)]
    (of_a,), (of_b,) = pairs.by_part(in_part, a, *told)
    return of_a, over_parts(raw.sum, of_b)


# --- sums of softplus -----------------------------------------------------------------


def _costs(a: Any, b: Any, bias: Any, pairs: Pairs) -> Any:
    def in_part(*rows: Any, mapped: bool) -> Any:
        def step(i: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
            some, *told = chunk_at(i, pairs.chunk, *chunked)
            z, counts = raw.einsum("nd,md->nm", some, b), pairs.count(*told)
            z += bias
            costs = raw.sum(raw.where(counts, softplus(z), 0.0), axis=1)
            return (with_chunk(found[0], i, costs),)

        size, count, chunked = pairs.in_chunks(*rows)
        start = (raw.zeros_like(chunked[0][:, 0]),)
        return (loop(count, step, start, mapped)[0][:size],), ()

    return pairs.by_part(in_part, a)[0][0]


def _gradients_of_costs(
    a: Any, b: Any, bias: Any, pairs: Pairs, g: Any
) -> tuple[Any, Any, Any]:
    def in_part(*rows: Any, mapped: bool) -> Any:
        def step(i: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
            some, g_rows, *told = chunk_at(i, pairs.chunk, *chunked)
            z, counts = raw.einsum("nd,md->nm", some, b), pairs.count(*told)
            z += bias
            p = raw.where(counts, raw.sigmoid(z), 0.0)
            of_bias, of_a, of_b = found
            of_bias = of_bias + raw.sum(raw.sum(p, axis=1) * g_rows[:, 0])
            of_b += raw.einsum("nm,nd->md", p, some * g_rows)
            return of_bias, with_chunk(of_a, i, raw.matmul(p, b) * g_rows), of_b

        size, count, chunked = pairs.in_chunks(*rows)
        start = (raw.zeros_like(bias), raw.zeros_like(chunked[0]), raw.zeros_like(b))
        of_bias, of_a, of_b = loop(count, step, start, mapped)
        return (of_a[:size],), (of_bias, of_b)

    (of_a,), sums = pairs.by_part(in_part, a, raw.expand_dims(g, 1))
    of_bias, of_b = (over_parts(raw.sum, x) for x in sums)
    return of_a, of_b, of_bias


def _finite(x: Any) -> Any:
    """x, with infinities replaced by 0."""
    return raw.where(raw.isinf(x), 0.0, x)
