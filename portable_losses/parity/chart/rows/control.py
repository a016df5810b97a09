"""Loops, branches and transformations."""

from typing import Any

import keras
import numpy as np

from portable_losses.parity.chart.op import op, point
from portable_losses.parity.chart.rows._shared import ORDINARY, A, V

VECTOR = point("ordinary", V)
WITH_ZERO = point("a zero", [2.0, 0.0, 3.0])
MATRIX = point("ordinary", A)


def _while(ops: Any, x: Any) -> Any:
    def more(i: Any, x: Any) -> Any:
        return i < 3

    def body(i: Any, x: Any) -> Any:
        return i + 1, 0.5 * x * x

    return ops.while_loop(more, body, (0, x))[1]


def _while_bounded(ops: Any, x: Any) -> Any:
    def more(i: Any, x: Any) -> Any:
        return i < 3

    def body(i: Any, x: Any) -> Any:
        return i + 1, 0.5 * x * x

    return ops.while_loop(more, body, (0, x), maximum_iterations=3)[1]


def _squared(x: Any) -> Any:
    for _ in range(3):
        x = 0.5 * x * x
    return x


def _scan(ops: Any, x: Any) -> Any:
    one = keras.ops.ones((), x.dtype)
    return ops.scan(lambda c, a: (c * a, c * a), one, x)[1]


def _custom(ops: Any, x: Any) -> Any:
    @ops.custom_gradient
    def squared(x: Any) -> Any:
        def grad(*args: Any, upstream: Any = None) -> Any:
            return (args[0] if upstream is None else upstream) * 3.0

        return x * x, grad

    return squared(x)


def _jvp(ops: Any, x: Any) -> Any:
    return ops.jvp(lambda a: a * a, (x,), (keras.ops.ones_like(x),))[1]


def _grad(ops: Any, x: Any) -> Any:
    return ops.grad(lambda a: keras.ops.sum(a * a))(x)


ROWS = (
    op("scan", np.cumprod, VECTOR, WITH_ZERO, given="of products", call=_scan),
    op(
        "associative_scan",
        lambda x: np.cumsum(x, axis=0),
        VECTOR,
        given="of sums",
        call=lambda ops, x: ops.associative_scan(lambda a, b: a + b, x),
    ),
    op(
        "fori_loop",
        _squared,
        VECTOR,
        given="0, 3, x^2 / 2",
        call=lambda ops, x: ops.fori_loop(0, 3, lambda i, a: 0.5 * a * a, x),
    ),
    op("while_loop", _squared, VECTOR, given="x^2 / 2, three times", call=_while),
    op(
        "while_loop",
        _squared,
        VECTOR,
        given="x^2 / 2, maximum_iterations=3",
        call=_while_bounded,
    ),
    op(
        "map",
        np.square,
        ORDINARY,
        given="x^2",
        call=lambda ops, x: ops.map(lambda row: row * row, x),
    ),
    op(
        "vectorized_map",
        np.square,
        ORDINARY,
        given="x^2",
        call=lambda ops, x: ops.vectorized_map(lambda row: row * row, x),
    ),
    op(
        "vectorize",
        np.square,
        VECTOR,
        given="x^2",
        call=lambda ops, x: ops.vectorize(lambda a: a * a)(x),
    ),
    op(
        "cond",
        lambda x: 2 * x,
        VECTOR,
        given="x[0] > 0, 2 x, -x",
        call=lambda ops, x: ops.cond(x[0] > 0, lambda: 2.0 * x, lambda: -x),
    ),
    op(
        "switch",
        lambda x: -x,
        VECTOR,
        given="1, [2 x, -x]",
        call=lambda ops, x: ops.switch(1, [lambda a: 2.0 * a, lambda a: -a], x),
    ),
    op(
        "custom_gradient",
        np.square,
        point("ordinary", V, gradients=([3.0, -1.5, 6.0],)),
        given="x^2, a gradient of 3",
        call=_custom,
    ),
    op("jvp", lambda x: 2 * x, VECTOR, given="of x^2", call=_jvp),
    op("grad", lambda x: 2 * x, VECTOR, given="of x^2", call=_grad),
)
