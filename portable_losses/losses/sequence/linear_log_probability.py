"""The log-probabilities of classes under a large linear softmax."""

import functools
from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import arguments, checks, errors
from portable_losses.core.inputs import tensor
from portable_losses.core.signature import ChunkSize
from portable_losses.losses.sequence._sizes import chunk_for, dtype_of_terms
from portable_losses.ops.classes import valid_ids
from portable_losses.ops.linear_head import Head
from portable_losses.ops.linear_terms import linear_terms


def linear_log_probability(
    hidden: Any,
    kernel: Any,
    ids: Any,
    bias: Any = None,
    softcap: float | None = None,
    temperature: float = 1.0,
    chunk_size: ChunkSize = "auto",
) -> tuple[Any, Any]:
    """Log-probabilities under a linear softmax, in linear memory (fused cross-entropy).

    It is for vocabularies whose logits do not fit into memory. The logits are computed
    for a chunk of tokens at a time, and a second time for the gradient.

    With h a hidden state, W the kernel and b the bias, the logits of a token, its
    log-probability of class y and its log-sum-exp are

        z = h W + b    or, with softcap c,    z = c tanh((h W + b) / c)
        log p_y = z_y / temperature - s    s = log sum_v exp(z_v / temperature)

    Minus the mean of log p_y is the cross-entropy, and s^2 is the z-loss.

    Shapes: `hidden` is `(..., D)`, `kernel` `(D, V)` and `bias` `(V,)`. `ids` is
    `(...)`, one class index per token, or `(..., k)`. The result is
    `(log_probability, log_sum_exp)`: the first has the shape of `ids`, the second is
    `(...)`. Both are float32, or float64 for float64 inputs.

    Args:
        hidden: hidden states, any real numbers.
        kernel: the output kernel, such as the weights of a Dense layer, or the
            transposed table of an embedding.
        ids: class indices in [0, V).
        bias: one number per class, or None.
        softcap: > 0, the bound c of the absolute logits, or None.
        temperature: > 0, divides the logits.
        chunk_size: the number of tokens whose logits are in memory; "auto" chooses a
            number for the given sizes, and None means all tokens.

    Edge cases: without tokens the results are empty. A bias of -inf forbids a class,
    which has log-probability -inf. Half precision is computed in float32. A class index
    out of range raises ValueError in eager mode, and has log-probability NaN in
    compiled code. The gradients of hidden, kernel and bias are exact; they cannot be
    differentiated again, and do not work under torch's `vmap`. Batch sizes may be
    unknown.

    Raises:
        ValueError: for shapes that do not fit, class indices that are not whole or out
            of range, and numbers that are not > 0.
        TypeError: for a symbolic tensor.

    Example:
        >>> kernel = np.array([[0.0, 1.0, 2.0]])
        >>> log_p, total = portable_losses.linear_log_probability([[1.0]], kernel, [2])
        >>> round(float(log_p[0]), 4), round(float(total[0]), 4)
        (-0.4076, 2.4076)

    Reference:
        Wijmans, Huval, Hertzberg, Koltun, Krähenbühl, "Cut your losses in
        large-vocabulary language models", ICLR 2025, arXiv:2411.09009.

    Differs: from the paper, which computes tiles in a GPU kernel and omits small
    gradients. Here chunks of tokens are computed, and the gradient is exact.
    """
    owner = "linear_log_probability"
    one_number = functools.partial(arguments.number, owner, above=0)
    softcap = None if softcap is None else one_number("softcap", softcap)
    temperature = one_number("temperature", temperature)
    chunk_size = arguments.chunk_size(owner, chunk_size)
    given = {"hidden": hidden, "kernel": kernel, "ids": ids, "bias": bias}
    for argument, value in given.items():
        if isinstance(value, keras.KerasTensor):
            rule, remedy = "a tensor with values", "call it in the `call` of a layer"
            shown = errors.Described("a symbolic KerasTensor")
            errors.fail(owner, argument, rule, shown, remedy, TypeError)
    x, w = tensor(owner, "hidden", hidden), tensor(owner, "kernel", kernel)
    b = None if bias is None else tensor(owner, "bias", bias)
    y = tensor(owner, "ids", ids)
    _require_shapes(owner, x, w, b, y)
    several = len(y.shape) == len(x.shape)
    leading, y = ops.shape(y), _indices(owner, y, w.shape[-1])
    rows = ops.shape(x)[:-1]
    dtype = dtype_of_terms(x, w)
    x = ops.reshape(ops.cast(x, dtype), (-1, x.shape[-1]))
    y = ops.reshape(y, (-1, y.shape[-1] if several else 1))
    valid = valid_ids(y, w.shape[-1])
    head = Head(
        kernel=ops.cast(w, dtype),
        bias=None if b is None else ops.cast(b, dtype),
        shares=None,
        softcap=softcap,
        scale=1.0 / temperature,
        chunk=chunk_for(chunk_size, x, w.shape[-1]),
    )
    terms = linear_terms(x, head, ops.where(valid, y, 0))
    log_p = ops.where(valid, terms[:, :-1], float("nan"))
    return ops.reshape(log_p, leading), ops.reshape(terms[:, -1], rows)


def _indices(owner: str, ids: Any, classes: int) -> Any:
    if keras.backend.is_float_dtype(ids.dtype):
        checks.whole_ids(owner, ids, None, "ids")
    if keras.backend.standardize_dtype(ids.dtype) not in ("int32", "int64"):
        ids = ops.cast(ids, "int32")
    checks.ids_in_range(owner, ids, classes, None, "ids", "fix the class indices")
    return ids


def _require_shapes(owner: str, x: Any, w: Any, b: Any, ids: Any) -> None:
    def fail(argument: str, rule: str, value: Any, remedy: str) -> None:
        shown = errors.Described(f"an array of shape {tuple(value.shape)}")
        errors.fail(owner, argument, rule, shown, remedy)

    if len(x.shape) < 2 or x.shape[-1] is None:
        fail("hidden", "of shape (..., D) with a fixed D", x, "add the axis of tokens")
    if len(w.shape) != 2 or not checks.same(w.shape[:1], x.shape[-1:]):
        rule = f"of shape (D, V) with D = {x.shape[-1]}, the size of a hidden state"
        fail("kernel", rule, w, "transpose the table of an embedding")
    if b is not None and not checks.same(tuple(b.shape), tuple(w.shape)[1:]):
        fail("bias", f"of shape ({w.shape[-1]},)", b, "pass one number a class")
    tokens = tuple(x.shape)[:-1]
    more = len(ids.shape) - len(tokens)
    if more not in (0, 1) or not checks.same(tuple(ids.shape)[: len(tokens)], tokens):
        rule = f"of shape {tokens}, or {(*tokens, 'k')}"
        fail("ids", rule, ids, "pass one class index, or k of them, for each token")
