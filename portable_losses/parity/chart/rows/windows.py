"""Convolutions, pooling and attention, with channels last."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.chart.op import Op, op, point

LINE = np.array([1.0, -2.0, 3.0, 0.5, -1.0]).reshape(1, 5, 1)
IMAGE = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0], [2.0, 0.0, 1.5]])
IMAGE = IMAGE.reshape(1, 3, 3, 1)
FLAT = np.zeros((1, 4, 1))
KERNEL = np.array([0.5, -1.0]).reshape(2, 1, 1)
KERNEL_2D = np.array([[0.5, -1.0], [2.0, 0.25]]).reshape(2, 2, 1, 1)
TIED_LINE = point("ties", np.array([2.0, 2.0, 1.0, 1.0]).reshape(1, 4, 1))
LAST: dict[str, Any] = {"data_format": "channels_last"}


def _conv(x: Any, kernel: Any) -> Any:
    size, length = len(kernel), x.shape[1] - len(kernel) + 1
    parts = [x[:, i : i + length] @ kernel[i] for i in range(size)]
    return np.sum(parts, axis=0)


def _conv_transpose(x: Any, kernel: Any) -> Any:
    result = np.zeros((1, x.shape[1] + 1, 1))
    for i in range(2):
        result[:, i : i + x.shape[1]] += x @ kernel[i].T
    return result


def _conv_2d(x: Any, kernel: Any) -> Any:
    result = np.zeros((1, 2, 2, 1))
    for i in range(2):
        for j in range(2):
            result += x[:, i : i + 2, j : j + 2] * kernel[i, j].ravel()
    return result


def _separable(x: Any, depth: Any, across: Any) -> Any:
    return _conv_2d(x, depth) @ across[0, 0]


def _pools(reduce: Any) -> Any:
    return lambda x: reduce(x[:, : x.shape[1] // 2 * 2].reshape(1, -1, 2, 1), axis=2)


def _pool(name: str, reduce: Any) -> Op:
    return op(
        name,
        _pools(reduce),
        point("ordinary", LINE),
        TIED_LINE,
        given="2",
        call=lambda ops, x: getattr(ops, name)(x, 2, **LAST),
    )


def _adaptive(name: str, reduce: Any) -> Op:
    return op(
        name,
        lambda x: reduce(x.reshape(1, 2, 2, 1), axis=2),
        point("ordinary", LINE[:, :4]),
        TIED_LINE,
        given="2",
        call=lambda ops, x: getattr(ops, name)(x, 2, **LAST),
    )


def _attention(q: Any, k: Any, v: Any) -> Any:
    scores = np.einsum("btnh,bsnh->bnts", q, k) / np.sqrt(q.shape[-1])
    return np.einsum("bnts,bsnh->btnh", special.softmax(scores, -1), v)


Q = np.array([1.0, -0.5, 0.25, 2.0]).reshape(1, 2, 1, 2)
K = np.array([0.5, 1.0, -1.0, 0.75]).reshape(1, 2, 1, 2)
SEEN = np.array([True, False]).reshape(1, 1, 1, 2)


def _masked_attention(q: Any, k: Any, v: Any) -> Any:
    # The second key is masked, so that each query gets the first value.
    return np.repeat(v[:, :1], 2, axis=1) + 0 * (q.sum() + k.sum())


def _unfolded(x: Any) -> Any:
    cuts = [x[0, 0, i : i + 2, j : j + 2].ravel() for i in range(2) for j in range(2)]
    return np.stack(cuts, axis=-1)[None]


def _folded(x: Any) -> Any:
    result = np.zeros((1, 1, 3, 3))
    for n, (i, j) in enumerate((i, j) for i in range(2) for j in range(2)):
        result[0, 0, i : i + 2, j : j + 2] += x[0, :, n].reshape(2, 2)
    return result


FIRST = np.moveaxis(IMAGE, -1, 1)

ROWS = (
    op("conv", _conv, point("ordinary", LINE, KERNEL), **LAST),
    op(
        "conv",
        _conv_2d,
        point("ordinary", IMAGE, KERNEL_2D),
        given="of images",
        call=lambda ops, x, k: ops.conv(x, k, **LAST),
    ),
    op(
        "conv_transpose",
        _conv_transpose,
        point("ordinary", LINE, KERNEL),
        call=lambda ops, x, k: ops.conv_transpose(x, k, 1, **LAST),
    ),
    op("depthwise_conv", _conv_2d, point("ordinary", IMAGE, KERNEL_2D), **LAST),
    op(
        "separable_conv",
        _separable,
        point("ordinary", IMAGE, KERNEL_2D, np.array([[[[2.0, -0.5]]]])),
        **LAST,
    ),
    _pool("max_pool", np.max),
    _pool("average_pool", np.mean),
    _adaptive("adaptive_max_pool", np.max),
    _adaptive("adaptive_average_pool", np.mean),
    op(
        "unfold",
        _unfolded,
        point("ordinary", FIRST),
        given="2",
        call=lambda ops, x: ops.unfold(x, 2),
    ),
    op(
        "fold",
        _folded,
        point("ordinary", np.arange(16.0).reshape(1, 4, 4)),
        given="(3, 3), 2",
        call=lambda ops, x: ops.fold(x, (3, 3), 2),
    ),
    op("dot_product_attention", _attention, point("ordinary", Q, K, K[:, ::-1])),
    op(
        "dot_product_attention",
        _masked_attention,
        point("a key masked", Q, K, K[:, ::-1]),
        given="mask",
        call=lambda ops, q, k, v: ops.dot_product_attention(
            q, k, v, mask=np.broadcast_to(SEEN, (1, 1, 2, 2))
        ),
    ),
)
