"""Products of arrays, distances, and linear algebra."""

from typing import Any

import numpy as np

from portable_losses.parity.chart.op import SINGLE, op, point
from portable_losses.parity.chart.rows._shared import A, B, V

PAIR = point("ordinary", A, B.T)
WITH_ZEROS = point("zeros", np.zeros((2, 3)), B.T)
NOTHING = point("empty", np.zeros((2, 0)), np.zeros((0, 3)))
VECTORS = point("ordinary", V, [0.5, 1.0, -1.5])
ROWS_AND_ROWS = point("ordinary", A, B)


def _cdist(x: Any, y: Any) -> Any:
    return np.linalg.norm(x[:, None] - y[None], axis=-1)


PRODUCTS = (
    op("matmul", np.matmul, PAIR, WITH_ZEROS, NOTHING),
    op("dot", np.dot, PAIR, NOTHING),
    op("inner", np.inner, ROWS_AND_ROWS),
    op("outer", np.outer, VECTORS),
    op("vdot", np.vdot, VECTORS),
    op("tensordot", lambda x, y: np.tensordot(x, y, 1), PAIR, axes=1),
    op("kron", np.kron, ROWS_AND_ROWS),
    op("cross", np.cross, VECTORS),
    op("correlate", np.correlate, VECTORS, mode="valid"),
    op(
        "correlate",
        lambda x, y: np.correlate(x, y, "same"),
        VECTORS,
        mode="same",
    ),
    op(
        "einsum",
        lambda x, y: np.einsum("ij,kj->ik", x, y),
        ROWS_AND_ROWS,
        given="ij,kj->ik",
        call=lambda ops, x, y: ops.einsum("ij,kj->ik", x, y),
    ),
    op("vander", np.vander, point("ordinary", V), point("a zero", [0.0, 2.0])),
    op("cdist", _cdist, ROWS_AND_ROWS),
    op(
        "cdist",
        lambda x: _cdist(x, np.zeros((1, 2))),
        point("the same point", [[0.0, 0.0]], promise=(0.0, [[0.0, 0.0]])),
        given="to the origin",
        call=lambda ops, x: ops.cdist(x, ops.zeros_like(x)),
    ),
)

SPD = point("ordinary", [[4.0, 1.0], [0.5, 3.0]])
SQUARE = point("ordinary", [[2.0, 1.0], [-1.0, 3.0]])
SINGULAR = point("singular", [[1.0, 2.0], [2.0, 4.0]])
NO_MATRIX = point("zeros", np.zeros((2, 2)))
IDENTITY = point("equal eigenvalues", np.eye(2))
SYSTEM = point("ordinary", [[2.0, 1.0], [-1.0, 3.0]], [[1.0], [2.0]])
TALL = point("ordinary", [[1.0, 2.0], [0.5, -1.0], [3.0, 1.0]])


def _symmetric(x: Any) -> Any:
    return 0.5 * (x + np.swapaxes(x, 0, 1))


def _even(ops: Any, x: Any) -> Any:
    return 0.5 * (x + ops.transpose(x))


def _rebuilt(values: Any, vectors: Any, dot: Any, turned: Any) -> Any:
    return dot(vectors * values, turned(vectors))


def _rebuilt_by_svd(ops: Any, x: Any) -> Any:
    u, s, v = ops.svd(x, full_matrices=False)
    return ops.matmul(u * s, v)


def _rebuilt_by_qr(ops: Any, x: Any) -> Any:
    q, r = ops.qr(x)
    return ops.matmul(q, r)


def _rebuilt_by_eigh(ops: Any, x: Any) -> Any:
    values, vectors = ops.eigh(_even(ops, x))
    return _rebuilt(values, vectors, ops.matmul, ops.transpose)


def _cholesky(x: Any) -> Any:
    return np.linalg.cholesky(_symmetric(x))


def _slogdet(x: Any) -> Any:
    sign, log = np.linalg.slogdet(x)
    return np.array(sign), np.array(log)


EVEN = "(x + x.T) / 2"

LINALG = (
    op(
        "cholesky",
        _cholesky,
        SPD,
        given=EVEN,
        call=lambda ops, x: ops.cholesky(_even(ops, x)),
        dtypes=SINGLE,
    ),
    op(
        "cholesky_inverse",
        lambda x: np.linalg.inv(np.tril(x) @ np.tril(x).T),
        SPD,
        given="tril(x)",
        call=lambda ops, x: ops.cholesky_inverse(ops.tril(x)),
        dtypes=SINGLE,
    ),
    op("det", np.linalg.det, SQUARE, SINGULAR, NO_MATRIX, dtypes=SINGLE),
    op("slogdet", _slogdet, SQUARE, dtypes=SINGLE),
    op(
        "logdet",
        lambda x: np.array(np.log(np.linalg.det(_symmetric(x)))),
        SPD,
        given=EVEN,
        call=lambda ops, x: ops.logdet(_even(ops, x)),
        dtypes=SINGLE,
    ),
    op("inv", np.linalg.inv, SQUARE, dtypes=SINGLE),
    op("pinv", np.linalg.pinv, TALL, dtypes=SINGLE),
    op("solve", np.linalg.solve, SYSTEM, dtypes=SINGLE),
    op(
        "solve_triangular",
        lambda a, b: np.linalg.solve(np.tril(a), b),
        SYSTEM,
        given="lower=True",
        call=lambda ops, a, b: ops.solve_triangular(a, b, lower=True),
        dtypes=SINGLE,
    ),
    op(
        "lstsq",
        lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0],
        point("ordinary", TALL.inputs[0], [1.0, 2.0, -1.0]),
        dtypes=SINGLE,
    ),
    op(
        "svd",
        lambda x: np.linalg.svd(x, compute_uv=False),
        TALL,
        SINGULAR,
        given="singular values",
        call=lambda ops, x: ops.svd(x, compute_uv=False),
        dtypes=SINGLE,
    ),
    op(
        "svd",
        lambda x: np.array(x),
        TALL,
        point("equal singular values", np.eye(2)),
        given="u s v",
        call=_rebuilt_by_svd,
        dtypes=SINGLE,
    ),
    op(
        "eigh",
        lambda x: np.linalg.eigvalsh(_symmetric(x)),
        SPD,
        given=f"values of {EVEN}",
        call=lambda ops, x: ops.eigh(_even(ops, x))[0],
        dtypes=SINGLE,
    ),
    op(
        "eigh",
        _symmetric,
        SPD,
        IDENTITY,
        given=f"v l v.T of {EVEN}",
        call=_rebuilt_by_eigh,
        dtypes=SINGLE,
    ),
    op(
        "qr",
        lambda x: np.array(x),
        TALL,
        given="q r",
        call=_rebuilt_by_qr,
        dtypes=SINGLE,
    ),
    op(
        "matrix_power",
        lambda x: np.linalg.matrix_power(x, 3),
        SQUARE,
        given="3",
        call=lambda ops, x: ops.matrix_power(x, 3),
        dtypes=SINGLE,
    ),
)

ROWS = (*PRODUCTS, *LINALG)
