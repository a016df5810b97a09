"""Distributions over an axis, and the losses of `keras.ops`."""

from typing import Any

import keras
import numpy as np
from scipy import special

from portable_losses.parity.chart.op import ANY, SINGLE, op, point
from portable_losses.parity.chart.rows._shared import INF, ORDINARY, TIED

FAR = point("far", [1e4, -1e4, 0.0])
MASKED = point(
    "a -inf",
    [-INF, 0.0, 1.0],
    gradients=([0.0, -2.5 * 0.26894142 * 0.73105858, 2.5 * 0.26894142 * 0.73105858],),
)
ALL_MASKED = point("all -inf", [[-INF, -INF]], promise=(0.0, np.zeros((1, 2))))
AN_INF = point("an inf", [[INF, 0.0]], promise=([1.0, 0.0], np.zeros((1, 2))))


def _softmax(x: Any) -> Any:
    """Softmax with the limit at an infinite logit, which gets probability 1."""
    one = (x == INF).sum(axis=-1, keepdims=True) == 1
    return np.where(one, np.where(x == INF, 1.0, 0.0), special.softmax(x, axis=-1))


def _log_softmax(x: Any) -> Any:
    one = (x == INF).sum(axis=-1, keepdims=True) == 1
    return np.where(one, np.where(x == INF, 0.0, -INF), special.log_softmax(x, axis=-1))


def _sparsemax(x: Any) -> Any:
    ordered = -np.sort(-x, axis=-1)
    place = np.arange(1, x.shape[-1] + 1)
    total = np.cumsum(ordered, axis=-1)
    count = (1 + place * ordered > total).sum(axis=-1, keepdims=True)
    tau = (np.take_along_axis(total, count - 1, axis=-1) - 1) / count
    return np.maximum(x - tau, 0)


def _glu(x: Any) -> Any:
    a, b = np.split(x, 2, axis=-1)
    return a * special.expit(b)


DISTRIBUTIONS = (
    op(
        "softmax",
        _softmax,
        ORDINARY,
        TIED,
        FAR,
        MASKED,
        ALL_MASKED,
        AN_INF,
    ),
    op(
        "log_softmax",
        _log_softmax,
        ORDINARY,
        TIED,
        FAR,
        point(
            "a -inf",
            [-INF, 0.0],
            gradients=([1.0, -1.0],),
        ),
        point("all -inf", [[-INF, -INF]], promise=(-INF, np.zeros((1, 2)))),
        point("an inf", [[INF, 0.0]]),
    ),
    op(
        "sparsemax",
        _sparsemax,
        ORDINARY,
        point("two of three", [0.0, 0.5, 0.25]),
        point("at the threshold", [[0.0, 1.0]], promise=(None, [[0.0, 0.0]])),
    ),
    op("glu", _glu, point("ordinary", [[1.0, -2.0, 0.5, 3.0]])),
)

ONE_HOT = np.array([[0.0, 1.0, 0.0], [0.25, 0.5, 0.25]])
P = np.array([[0.25, 0.5, 0.25], [0.125, 0.125, 0.75]])
T = np.array([0.0, 1.0, 0.5])
EPSILON = 1e-7
ALMOST_ONE = float(np.float32(1 - EPSILON))


def _cross_entropy(p: Any) -> Any:
    p = np.clip(p / p.sum(-1, keepdims=True), EPSILON, ALMOST_ONE)
    return -(ONE_HOT * np.log(p)).sum(-1)


def _of_logits(target: Any) -> Any:
    return lambda x: -(target * special.log_softmax(x, axis=-1)).sum(-1)


def _binary(p: Any) -> Any:
    p = np.clip(p, EPSILON, ALMOST_ONE)
    return -(T * np.log(p) + (1 - T) * np.log1p(-p))


def _binary_of_logits(x: Any) -> Any:
    return np.logaddexp(0, x) - T * x


CLASSES = np.array([1, 2], "int32")
TWICE = np.array([[0.0, 2.0, 0.0], [0.25, 0.5, 0.25]])


def _sparse(p: Any) -> Any:
    p = np.clip(p / p.sum(-1, keepdims=True), EPSILON, ALMOST_ONE)
    return -np.log(p[np.arange(2), CLASSES])


def _sparse_of_logits(x: Any) -> Any:
    return -special.log_softmax(x, axis=-1)[np.arange(2), CLASSES]


def _psnr(x: Any, y: Any) -> Any:
    return np.array(-10 * np.log10(np.mean((x - y) ** 2)))


def _constant(target: Any, like: Any) -> Any:
    """The target as a tensor with the dtype of another tensor."""
    return keras.ops.convert_to_tensor(target, dtype=like.dtype)


LOGITS = ORDINARY, point("far", [[1e4, -1e4, 0.0], [-1e4, 0.0, 1e4]])

# Keras clips to [1e-7, 1 - 1e-7], and does not document the gradient beyond.
SURE = point(
    "an output of 0 and 1",
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
    gradients=(ANY,),
    dtypes=SINGLE,
)

LOSSES = (
    op(
        "categorical_crossentropy",
        _cross_entropy,
        point("ordinary", P),
        SURE,
        call=lambda ops, p: ops.categorical_crossentropy(_constant(ONE_HOT, p), p),
    ),
    op(
        "categorical_crossentropy",
        _of_logits(ONE_HOT),
        *LOGITS,
        given="from_logits=True",
        call=lambda ops, x: ops.categorical_crossentropy(
            _constant(ONE_HOT, x), x, from_logits=True
        ),
    ),
    op(
        "categorical_crossentropy",
        _of_logits(TWICE),
        *LOGITS,
        given="from_logits=True, a target of sum 2",
        call=lambda ops, x: ops.categorical_crossentropy(
            _constant(TWICE, x), x, from_logits=True
        ),
    ),
    op(
        "sparse_categorical_crossentropy",
        _sparse,
        point("ordinary", P),
        SURE,
        call=lambda ops, p: ops.sparse_categorical_crossentropy(CLASSES, p),
    ),
    op(
        "sparse_categorical_crossentropy",
        _sparse_of_logits,
        *LOGITS,
        given="from_logits=True",
        call=lambda ops, x: ops.sparse_categorical_crossentropy(
            CLASSES, x, from_logits=True
        ),
    ),
    op(
        "binary_crossentropy",
        _binary,
        point("ordinary", [0.25, 0.5, 0.125]),
        point("an output of 0 and 1", [1.0, 0.0, 1.0], gradients=(ANY,)),
        call=lambda ops, p: ops.binary_crossentropy(_constant(T, p), p),
        dtypes=SINGLE,
    ),
    op(
        "binary_crossentropy",
        _binary_of_logits,
        point("ordinary", [1.0, -2.0, 0.5]),
        point("zeros", [0.0, 0.0, 0.0]),
        point("far", [1e4, -1e4, 1e4]),
        given="from_logits=True",
        call=lambda ops, x: ops.binary_crossentropy(
            _constant(T, x), x, from_logits=True
        ),
    ),
    op(
        "psnr",
        _psnr,
        point("ordinary", [0.5, 0.25], [0.25, 0.75]),
        point("equal images", [0.5, 0.25], [0.5, 0.25]),
        given="max_val=1",
        call=lambda ops, x, y: ops.psnr(x, y, 1.0),
    ),
)

ROWS = (*DISTRIBUTIONS, *LOSSES)
