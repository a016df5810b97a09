"""Log-probabilities over a large vocabulary, without its logits in memory.

The logits of a token are x W + b, over V classes. A loss needs only a few numbers per
token: the log-probabilities of some classes, the logarithm of the sum of the
exponentials, and a weighted mean of the logits. So the logits are computed for a chunk
of tokens at a time, and a second time for the gradient.
"""

# Long because value and gradient, of items and of their sum, share each of its steps.

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops as raw

from portable_losses.ops.chunks import chunk_at, loop, padded, with_chunk
from portable_losses.ops.device_parts import by_part, parts_of
from portable_losses.ops.linear_head import Head, pieces_of
from portable_losses.ops.log_sums import logsumexp
from portable_losses.ops.own_gradients import of_chunks, with_gradient

Weigh = Callable[[Any, Any], tuple[Any, Any]]
"""Takes terms and class indices; returns items, and their derivatives in the terms."""


def linear_terms(x: Any, head: Head, ids: Any) -> Any:
    """The terms of each token, `(N, k + 1)`, or `(N, k + 2)` with `head.shares`.

    They are the log-probabilities of the k classes in `ids`, then the logsumexp of the
    logits, then the weighted mean of the logits if there are `head.shares`.

    Args:
        x: hidden states, `(N, D)`, of the kernel's dtype.
        head: computes the logits.
        ids: class indices, `(N, k)`, all in range.
    """
    x, head = _scaled(x, head)
    parts = parts_of(raw.shape(x)[0])
    if parts == 1:
        return _terms_of_part(x, head, ids)
    head = head._replace(mapped=True)
    found = by_part(lambda x, ids: _terms_of_part(x, head, ids), parts, x, ids)
    return raw.reshape(found, (-1, found.shape[-1]))


def _terms_of_part(x: Any, head: Head, ids: Any) -> Any:
    parts = _differentiable(head)

    def forward(*tensors: Any) -> tuple[Any, Any]:
        x, here = _with(head, tensors)
        terms = _terms(x, here, ids)

        def gradient(*args: Any, upstream: Any = None) -> Any:
            g = args[-1] if upstream is None else upstream
            return _gradients(x, here, ids, terms, g)

        return terms, gradient

    def by_autodiff(x: Any, *tensors: Any) -> Any:
        return _terms_by_autodiff(x, _holding(head, tensors), ids)

    return with_gradient(forward, by_autodiff, x, *parts)


def linear_total(x: Any, head: Head, ids: Any, weights: Any, weigh: Weigh) -> Any:
    """The weighted sum of the items that `weigh` computes from `linear_terms`.

    The gradient is computed in the same pass, so that no logit is computed twice.

    Args:
        x: hidden states, `(N, D)`, of the kernel's dtype.
        head: computes the logits.
        ids: class indices, `(N, k)`, all in range.
        weights: the weight of each token, `(N,)`.
        weigh: takes the terms and class indices of a chunk; returns the items `(n,)`,
            and their derivatives in the terms.
    """
    x, head = _scaled(x, head)
    parts = parts_of(raw.shape(x)[0])
    if parts == 1:
        return _total_of_part(x, head, ids, weights, weigh)
    head = head._replace(mapped=True)

    def total(x: Any, ids: Any, weights: Any) -> Any:
        return _total_of_part(x, head, ids, weights, weigh)

    return raw.sum(by_part(total, parts, x, ids, weights))


def _total_of_part(x: Any, head: Head, ids: Any, weights: Any, weigh: Weigh) -> Any:
    parts = _differentiable(head)

    def forward(*tensors: Any) -> tuple[Any, Any]:
        x, here = _with(head, tensors[:-1])
        w = raw.stop_gradient(tensors[-1])
        items, found = _items_and_gradients(x, here, ids, w, weigh)

        def gradient(*args: Any, upstream: Any = None) -> Any:
            g = args[-1] if upstream is None else upstream
            return (*(g * one for one in found), g * items)

        return raw.sum(w * items), gradient

    def by_autodiff(x: Any, *tensors: Any) -> Any:
        terms = _terms_by_autodiff(x, _holding(head, tensors[:-1]), ids)
        return raw.sum(tensors[-1] * weigh(terms, ids)[0])

    return with_gradient(forward, by_autodiff, x, *parts, weights)


# --- the chunks -----------------------------------------------------------------------


def _scaled(x: Any, head: Head) -> tuple[Any, Head]:
    """Multiply the hidden states by the scale, not the logits: they are fewer."""
    if head.scale == 1 or head.softcap is not None:
        return x, head
    bias = None if head.bias is None else head.bias * head.scale
    return x * head.scale, head._replace(bias=bias, scale=1.0)


def _differentiable(head: Head) -> list[Any]:
    """The tensors of the head that have a gradient."""
    return [head.kernel] if head.bias is None else [head.kernel, head.bias]


def _with(head: Head, tensors: Sequence[Any]) -> tuple[Any, Head]:
    """Hidden states and the head, with tensors for which no gradient is recorded."""
    # Otherwise TensorFlow in eager mode would keep all intermediate results.
    x, *tensors = map(raw.stop_gradient, tensors)
    shares = None if head.shares is None else raw.stop_gradient(head.shares)
    return x, _holding(head, tensors)._replace(shares=shares)


def _holding(head: Head, tensors: Sequence[Any]) -> Head:
    """The head, with other tensors in place of those of `_differentiable`."""
    kernel, *biases = tensors
    return head._replace(kernel=kernel, bias=biases[0] if biases else None)


def _terms_by_autodiff(x: Any, head: Head, ids: Any) -> Any:
    def terms(some: Any, chosen: Any) -> Any:
        z = head.logits(some)
        log_total = logsumexp(z, axis=-1, keepdims=True)
        of_classes = raw.take_along_axis(z, chosen, axis=-1)
        means = []
        if head.shares is not None:
            means = [raw.matmul(z, raw.expand_dims(head.shares, -1))]
        return raw.concatenate([of_classes - log_total, log_total, *means], axis=-1)

    return raw.concatenate(of_chunks(terms, head.chunk, (x, ids)), axis=0)


def _terms(x: Any, head: Head, ids: Any) -> Any:
    def step(i: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
        some, chosen = chunk_at(i, head.chunk, x, ids)
        terms = _of_logits(head, head.logits(some), chosen)[0]
        return (with_chunk(found[0], i, terms),)

    tokens, count, (x, ids) = padded(head.chunk, x, ids)
    found = raw.zeros((raw.shape(x)[0], _width(head, ids)), x.dtype)
    return loop(count, step, (found,), head.mapped)[0][:tokens]


def _gradients(x: Any, head: Head, ids: Any, terms: Any, g: Any) -> tuple[Any, ...]:
    def step(i: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
        some, chosen, total, given = chunk_at(i, head.chunk, x, ids, totals, g)
        z = head.logits(some)
        within = _derivative(head, z)
        z -= total
        return _added(i, head, found, some, chosen, within, raw.exp(z), 1.0, given)

    totals = terms[:, ids.shape[-1] : ids.shape[-1] + 1]
    tokens, count, (x, ids, totals, g) = padded(head.chunk, x, ids, totals, g)
    # Padding gets the probability exp(z - inf) = 0 for every class.
    real = raw.expand_dims(raw.arange(raw.shape(x)[0]) < tokens, -1)
    totals = raw.where(real, totals, float("inf"))
    found = loop(count, step, _nothing(x, head), head.mapped)
    of_x, *rest = _whole(head, found, x, ids, g)
    return (of_x[:tokens], *rest)


def _items_and_gradients(
    x: Any, head: Head, ids: Any, w: Any, weigh: Weigh
) -> tuple[Any, tuple[Any, ...]]:
    def step(i: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
        some, chosen, weights = chunk_at(i, head.chunk, x, ids, w)
        z = head.logits(some)
        within = _derivative(head, z)
        terms, e, total = _of_logits(head, z, chosen)
        items, g = weigh(terms, chosen)
        g = g * raw.expand_dims(weights, -1)
        all_items, all_g, *rest = found
        sums = _added(i, head, tuple(rest), some, chosen, within, e, total, g)
        return (with_chunk(all_items, i, items), with_chunk(all_g, i, g), *sums)

    tokens, count, (x, ids, w) = padded(head.chunk, x, ids, w)
    items = raw.zeros((raw.shape(x)[0],), x.dtype)
    g = raw.zeros((raw.shape(x)[0], _width(head, ids)), x.dtype)
    start = (items, g, *_nothing(x, head))
    items, g, *found = loop(count, step, start, head.mapped)
    of_x, *rest = _whole(head, found, x, ids, g)
    return items[:tokens], (of_x[:tokens], *rest)


def _width(head: Head, ids: Any) -> int:
    return int(ids.shape[-1]) + 1 + (head.shares is not None)


def _of_logits(head: Head, z: Any, chosen: Any) -> tuple[Any, Any, Any]:
    """The terms of a chunk, its probabilities times a total, and that total.

    `z` is overwritten on torch.
    """
    of_classes = raw.take_along_axis(z, chosen, axis=-1)
    means = []
    if head.shares is not None:
        means = [raw.matmul(z, raw.expand_dims(head.shares, -1))]
    largest = raw.max(z, axis=-1, keepdims=True)
    largest = raw.where(raw.isinf(largest), 0.0, largest)
    z -= largest
    e = raw.exp(z)
    total = raw.sum(e, axis=-1, keepdims=True)
    log_total = raw.log(total) + largest
    terms = [of_classes - log_total, log_total, *means]
    return raw.concatenate(terms, axis=-1), e, raw.where(total == 0, 1.0, total)


def _nothing(x: Any, head: Head) -> tuple[Any, ...]:
    """Gradients that are 0: of x, of b if there is one, and of W.T in pieces."""
    width = head.kernel.shape[0]
    of_bias = [] if head.bias is None else [raw.zeros_like(head.bias)]
    pieces = [
        raw.zeros((end - start, width), x.dtype) for start, end in pieces_of(head)
    ]
    return (raw.zeros_like(x), *of_bias, *pieces)


def _apart(head: Head, found: tuple[Any, ...]) -> tuple[Any, list[Any], list[Any]]:
    """The gradient of x, that of b if there is one, and the pieces of that of W."""
    first = 1 if head.bias is None else 2
    return found[0], list(found[1:first]), list(found[first:])


def _with_products(head: Head, pieces: list[Any], e: Any, x: Any) -> list[Any]:
    """The pieces of the gradient of W, with the product of e and x added to them."""
    found = []
    for piece, (start, end) in zip(pieces, pieces_of(head), strict=True):
        some = e if len(pieces) == 1 else e[:, start:end]
        piece += raw.einsum("nv,nd->vd", some, x)
        found.append(piece)
    return found


def _derivative(head: Head, z: Any) -> Any | None:
    """The derivative of the logits `z` in x W + b; None if it is 1."""
    return None if head.softcap is None else head.derivative(z)


def _few_classes(head: Head, ids: Any) -> bool:
    """Whether the terms of `ids` and of the mean are added after the loop, by `_whole`.

    Then no matrix of shape `(n, V)` is made of them. This needs at most one class per
    token, and no softcap.
    """
    return head.softcap is None and ids.shape[-1] <= 1


def _added(
    i: Any,
    head: Head,
    found: tuple[Any, ...],
    some: Any,
    chosen: Any,
    within: Any | None,
    e: Any,
    total: Any,
    g: Any,
) -> tuple[Any, ...]:
    """Add the gradients of a chunk, whose probabilities are e / total, to `found`.

    If `_few_classes`, the terms of the classes and of the mean are added by `_whole`.
    """
    k = chosen.shape[-1]
    of_x, of_bias, pieces = _apart(head, found)
    share = (g[:, k : k + 1] - raw.sum(g[:, :k], axis=-1, keepdims=True)) / total
    if _few_classes(head, chosen):
        here = raw.einsum("nv,dv->nd", e, head.kernel) * share
        pieces = _with_products(head, pieces, e, some * share)
        of_bias = [b + raw.matmul(raw.transpose(share), e)[0] for b in of_bias]
        return with_chunk(of_x, i, here), *of_bias, *pieces
    e *= share
    e += _at_classes(chosen, g[:, :k], e)
    if head.shares is not None:
        e += g[:, k + 1 :] * head.shares
    if within is not None:
        e *= within
    pieces = _with_products(head, pieces, e, some)
    of_bias = [b + raw.sum(e, axis=0) for b in of_bias]
    here = raw.einsum("nv,dv->nd", e, head.kernel)
    return with_chunk(of_x, i, here), *of_bias, *pieces


def _whole(head: Head, found: Any, x: Any, ids: Any, g: Any) -> tuple[Any, ...]:
    """The gradients of x, W and b after the loop.

    If `_few_classes`, it adds the terms that `_added` omits: that of one class per
    token, and that of the mean.
    """
    of_x, of_bias, pieces = _apart(head, found)
    of_kernel = pieces[0] if len(pieces) == 1 else raw.concatenate(pieces, axis=0)
    if _few_classes(head, ids):
        k = int(ids.shape[-1])
        if k:
            chosen, g_of_class = ids[:, 0], g[:, :1]
            of_x += raw.transpose(raw.take(head.kernel, chosen, axis=1)) * g_of_class
            of_kernel = raw.scatter_update(of_kernel, ids, x * g_of_class, "add")
            of_bias = [
                raw.scatter_update(b, ids, g_of_class[:, 0], "add") for b in of_bias
            ]
        if head.shares is not None:
            of_mean, shares = g[:, k + 1 :], raw.expand_dims(head.shares, -1)
            of_x += of_mean * raw.transpose(raw.matmul(head.kernel, shares))
            of_kernel += shares * raw.matmul(raw.transpose(of_mean), x)
            of_bias = [b + raw.sum(of_mean) * head.shares for b in of_bias]
    return of_x, raw.transpose(of_kernel), *of_bias


def _at_classes(chosen: Any, g: Any, z: Any) -> Any:
    """The numbers `g` at the classes `chosen`, `(n, V)`, and 0 elsewhere."""
    n, classes = raw.shape(z)[0], raw.shape(z)[1]
    if chosen.shape[-1] == 1:
        return raw.where(chosen == raw.arange(classes, dtype=chosen.dtype), g, 0.0)
    row = raw.expand_dims(raw.arange(n, dtype=chosen.dtype), -1)
    places = raw.reshape(chosen + classes * row, (-1,))
    spread = raw.segment_sum(raw.reshape(g, (-1,)), places, num_segments=n * classes)
    return raw.reshape(spread, (n, classes))
