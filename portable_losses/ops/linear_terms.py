"""Log-probabilities over a large vocabulary, without its logits in memory.

The logits of a token are x W + b, over V classes. What a loss needs of them is a few
numbers a token: the log-probability of some classes, the logarithm of the sum of the
exponentials, and a weighted mean. So they are computed for a chunk of tokens at a time,
and for the gradient a second time.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops as raw


class Head(NamedTuple):
    """What makes logits of hidden states: scale * cap(x W + b).

    Args:
        kernel: W, `(D, V)`.
        bias: b, `(V,)`, or None.
        shares: the weights of the classes in the mean of the logits, `(V,)`; None for
            no mean.
        softcap: c in c tanh(z / c), which limits the logits, or None.
        scale: a number, 1 / temperature.
        chunk: the number of tokens whose logits are in memory.
    """

    kernel: Any
    bias: Any | None
    shares: Any | None
    softcap: float | None
    scale: float
    chunk: int

    def logits(self, x: Any) -> Any:
        """The logits of some tokens, `(n, V)`."""
        z = raw.matmul(x, self.kernel)
        if self.bias is not None:
            z = z + self.bias
        if self.softcap is not None:
            z = self.softcap * raw.tanh(z / self.softcap)
        return z if self.scale == 1 else z * self.scale

    def derivative(self, z: Any) -> Any:
        """That of the logits `z` in x W + b, or a number."""
        if self.softcap is None:
            return self.scale
        share = z / (self.softcap * self.scale)
        return self.scale * (1.0 - share * share)


Weigh = Callable[[Any, Any], tuple[Any, Any]]
"""Makes of terms and class indices the items, and their derivatives in the terms."""


def linear_terms(x: Any, head: Head, ids: Any) -> Any:
    """The terms of each token, `(N, k + 1)`, or `(N, k + 2)` with `head.shares`.

    They are the log-probabilities of its k classes `ids`, then the logarithm of the sum
    of the exponentials of its logits, then the mean of its logits.

    Args:
        x: hidden states, `(N, D)`, of the kernel's dtype.
        head: what makes logits of them.
        ids: class indices, `(N, k)`, all in range.
    """
    parts = _differentiable(head)

    def forward(*tensors: Any) -> tuple[Any, Any]:
        x, here = _with(head, tensors)
        terms = _terms(x, here, ids)

        def gradient(*args: Any, upstream: Any = None) -> Any:
            g = args[-1] if upstream is None else upstream
            return _gradients(x, here, ids, terms, g)

        return terms, gradient

    return raw.custom_gradient(forward)(x, *parts)


def linear_total(x: Any, head: Head, ids: Any, weights: Any, weigh: Weigh) -> Any:
    """The sum of the items that `weigh` makes of `linear_terms`, as one number.

    The gradient is computed in the same pass, so that no logit is computed twice.

    Args:
        x: hidden states, `(N, D)`, of the kernel's dtype.
        head: what makes logits of them.
        ids: class indices, `(N, k)`, all in range.
        weights: the weight of each token, `(N,)`.
        weigh: makes of terms and class indices the items `(n,)`, and their derivatives
            in the terms.
    """
    parts = _differentiable(head)

    def forward(*tensors: Any) -> tuple[Any, Any]:
        *tensors, w = tensors
        x, here = _with(head, tensors)
        w = raw.stop_gradient(w)
        items, found = _items_and_gradients(x, here, ids, w, weigh)

        def gradient(*args: Any, upstream: Any = None) -> Any:
            g = args[-1] if upstream is None else upstream
            return (*(g * one for one in found), g * items)

        return raw.sum(w * items), gradient

    return raw.custom_gradient(forward)(x, *parts, weights)


def best_classes(x: Any, head: Head, k: int) -> Any:
    """The classes of the k largest logits of each token, `(N, k)`, the best first."""

    def step(i: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
        (rows,) = _chunk(i, head.chunk, x)
        best = raw.top_k(head.logits(rows), k, sorted=True)[1]
        return (_put(i, head.chunk, found[0], raw.cast(best, "int32")),)

    tokens, count, (x,) = _padded(head.chunk, x)
    found = raw.zeros((raw.shape(x)[0], k), "int32")
    return _loop(count, step, (found,))[0][:tokens]


def tokens_at_once(tokens: int | None, width: int, classes: int) -> int:
    """How many tokens a chunk has, of hidden states of that width.

    Each chunk adds to the gradient of the kernel, which is a pass over all of it. With
    as many tokens as half of the width that is a small part of its products, and the
    logits of a chunk are half as large as the kernel.
    """
    least = -(-(2**21) // classes)  # 8 MB of logits
    chunk = max(least, width // 2, 16)
    return chunk if tokens is None else max(1, min(chunk, tokens))


# --- the chunks -----------------------------------------------------------------------


def _differentiable(head: Head) -> list[Any]:
    """The tensors of the head that have a gradient."""
    return [head.kernel] if head.bias is None else [head.kernel, head.bias]


def _with(head: Head, tensors: Any) -> tuple[Any, Head]:
    """Hidden states, and the head, of tensors that nothing records."""
    # Otherwise TensorFlow would keep what is computed of them in eager mode.
    x, kernel, *bias = map(raw.stop_gradient, tensors)
    shares = None if head.shares is None else raw.stop_gradient(head.shares)
    bias = bias[0] if bias else None
    return x, head._replace(kernel=kernel, bias=bias, shares=shares)


def _terms(x: Any, head: Head, ids: Any) -> Any:
    def step(i: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
        rows, chosen = _chunk(i, head.chunk, x, ids)
        terms = _of_logits(head, head.logits(rows), chosen)[0]
        return (_put(i, head.chunk, found[0], terms),)

    tokens, count, (x, ids) = _padded(head.chunk, x, ids)
    found = raw.zeros((raw.shape(x)[0], _width(head, ids)), x.dtype)
    return _loop(count, step, (found,))[0][:tokens]


def _gradients(x: Any, head: Head, ids: Any, terms: Any, g: Any) -> tuple[Any, ...]:
    def step(i: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
        rows, chosen, total, given = _chunk(i, head.chunk, x, ids, totals, g)
        z = head.logits(rows)
        return _added(i, head, found, rows, chosen, z, raw.exp(z - total), 1.0, given)

    totals = terms[:, ids.shape[-1] : ids.shape[-1] + 1]
    tokens, count, (x, ids, totals, g) = _padded(head.chunk, x, ids, totals, g)
    # What was padded has no probabilities.
    real = raw.expand_dims(raw.arange(raw.shape(x)[0]) < tokens, -1)
    totals = raw.where(real, totals, float("inf"))
    of_x, *rest = _loop(count, step, _nothing(x, head))
    return (of_x[:tokens], *rest)


def _items_and_gradients(
    x: Any, head: Head, ids: Any, w: Any, weigh: Weigh
) -> tuple[Any, tuple[Any, ...]]:
    def step(i: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
        rows, chosen, weights = _chunk(i, head.chunk, x, ids, w)
        z = head.logits(rows)
        terms, e, total = _of_logits(head, z, chosen)
        items, g = weigh(terms, chosen)
        g = g * raw.expand_dims(weights, -1)
        first = _put(i, head.chunk, found[0], items)
        rest = _added(i, head, found[1:], rows, chosen, z, e, total, g)
        return (first, *rest)

    tokens, count, (x, ids, w) = _padded(head.chunk, x, ids, w)
    items = raw.zeros((raw.shape(x)[0],), x.dtype)
    items, of_x, *rest = _loop(count, step, (items, *_nothing(x, head)))
    return items[:tokens], (of_x[:tokens], *rest)


def _width(head: Head, ids: Any) -> int:
    return int(ids.shape[-1]) + 1 + (head.shares is not None)


def _of_logits(head: Head, z: Any, chosen: Any) -> tuple[Any, Any, Any]:
    """The terms of a chunk, and its probabilities times a total, and that total."""
    largest = raw.max(z, axis=-1, keepdims=True)
    largest = raw.where(raw.isinf(largest), 0.0, largest)
    e = raw.exp(z - largest)
    total = raw.sum(e, axis=-1, keepdims=True)
    log_total = raw.log(total) + largest
    terms = [raw.take_along_axis(z, chosen, axis=-1) - log_total, log_total]
    if head.shares is not None:
        terms.append(raw.matmul(z, raw.expand_dims(head.shares, -1)))
    return raw.concatenate(terms, axis=-1), e, total


def _nothing(x: Any, head: Head) -> tuple[Any, ...]:
    """Gradients of 0."""
    return tuple(map(raw.zeros_like, (x, *_differentiable(head))))


def _added(
    i: Any,
    head: Head,
    found: tuple[Any, ...],
    rows: Any,
    chosen: Any,
    z: Any,
    e: Any,
    total: Any,
    g: Any,
) -> tuple[Any, ...]:
    """The gradients so far and that of a chunk, whose probabilities are e / total."""
    k = chosen.shape[-1]
    rest = g[:, k : k + 1] - raw.sum(g[:, :k], axis=-1, keepdims=True)
    of_z = e * (rest / total) + _at_classes(chosen, g[:, :k], z)
    if head.shares is not None:
        of_z = of_z + g[:, k + 1 :] * head.shares
    of_z = of_z * head.derivative(z)
    of_x, of_kernel, *of_bias = found
    of_x = _put(i, head.chunk, of_x, raw.matmul(of_z, raw.transpose(head.kernel)))
    of_kernel = of_kernel + raw.matmul(raw.transpose(rows), of_z)
    return of_x, of_kernel, *(b + raw.sum(of_z, axis=0) for b in of_bias)


def _at_classes(chosen: Any, g: Any, z: Any) -> Any:
    """The numbers `g` at the classes `chosen`, `(n, V)`, and 0 elsewhere."""
    n, classes = raw.shape(z)[0], raw.shape(z)[1]
    if chosen.shape[-1] == 1:
        return raw.where(chosen == raw.arange(classes, dtype=chosen.dtype), g, 0.0)
    row = raw.expand_dims(raw.arange(n, dtype=chosen.dtype), -1)
    places = raw.reshape(chosen + classes * row, (-1,))
    spread = raw.segment_sum(raw.reshape(g, (-1,)), places, num_segments=n * classes)
    return raw.reshape(spread, (n, classes))


# --- loops ----------------------------------------------------------------------------


def _padded(chunk: int, *tensors: Any) -> tuple[Any, Any, list[Any]]:
    """The number of tokens, that of chunks, and the tensors with zeros at the end."""
    tokens = raw.shape(tensors[0])[0]
    count = -(-tokens // chunk)
    missing = count * chunk - tokens
    if isinstance(missing, int) and missing == 0:
        return tokens, count, list(tensors)
    ends = [raw.zeros((missing, *x.shape[1:]), x.dtype) for x in tensors]
    pairs = zip(tensors, ends, strict=True)
    return tokens, count, [raw.concatenate(pair, axis=0) for pair in pairs]


def _chunk(i: Any, chunk: int, *tensors: Any) -> list[Any]:
    return [
        raw.slice(x, (i * chunk, *(0 for _ in x.shape[1:])), (chunk, *x.shape[1:]))
        for x in tensors
    ]


def _put(i: Any, chunk: int, whole: Any, part: Any) -> Any:
    start = (i * chunk, *(0 for _ in whole.shape[1:]))
    return raw.slice_update(whole, start, part)


def _loop(count: Any, step: Callable[..., Any], carry: tuple[Any, ...]) -> Any:
    if isinstance(count, int) and count <= 1:
        return step(0, carry) if count else carry
    return raw.fori_loop(0, count, step, carry)
