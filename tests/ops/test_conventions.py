"""The stated value and gradient at the bad point, in each precision and mode.

All rows of the table are compiled as one function, so that a mode costs one compile
for each precision.
"""

import functools
import math

import numpy as np
import pytest

from portable_losses import ops

pytestmark = pytest.mark.every_parameter

INF, NAN = math.inf, math.nan
LOG_TINY = -126 * math.log(2)
ROOT_HALF = math.sqrt(0.5)
LN2 = math.log(2)

# name: (function of a namespace of ops, inputs, value, gradients)
TABLE = {
    "abs": (lambda o, x: o.abs(x), [[-2, 0, 3]], [2, 0, 3], [[-1, 0, 1]]),
    "absolute": (lambda o, x: o.absolute(x), [[0, 3]], [0, 3], [[0, 1]]),
    "fabs": (lambda o, x: o.fabs(x), [[0, 3]], [0, 3], [[0, 1]]),
    "sign": (lambda o, x: o.sign(x), [[-2, 0, NAN]], [-1, 0, NAN], [[0, 0, None]]),
    "relu": (lambda o, x: o.relu(x), [[-1, 0, 2]], [0, 0, 2], [[0, 0, 1]]),
    "maximum": (
        lambda o, x, y: o.maximum(x, y),
        [[1, 2, 1, NAN, 1, INF], [1, 1, 2, 1, NAN, INF]],
        [1, 2, 2, NAN, NAN, INF],
        [[0.5, 1, 0, None, None, 0.5], [0.5, 0, 1, None, None, 0.5]],
    ),
    "minimum": (
        lambda o, x, y: o.minimum(x, y),
        [[1, 2, 1, NAN, 1, -INF], [1, 1, 2, 1, NAN, -INF]],
        [1, 1, 1, NAN, NAN, -INF],
        [[0.5, 0, 1, None, None, 0.5], [0.5, 1, 0, None, None, 0.5]],
    ),
    "maximum, constant": (
        lambda o, x: o.maximum(x, 0.0),
        [[-1, 0, 1, -INF]],
        [0, 0, 1, 0],
        [[0, 0.5, 1, 0]],
    ),
    "maximum, constant first": (
        lambda o, x: o.maximum(0.0, x),
        [[-1, 0, 1]],
        [0, 0, 1],
        [[0, 0.5, 1]],
    ),
    "minimum, constant": (
        lambda o, x: o.minimum(x, 0.0),
        [[-1, 0, 1]],
        [-1, 0, 0],
        [[1, 0.5, 0]],
    ),
    "fmax": (
        lambda o, x, y: o.fmax(x, y),
        [[1, NAN, 2], [1, 3, 1]],
        [1, 3, 2],
        [[0.5, 0, 1], [0.5, 1, 0]],
    ),
    "fmin": (
        lambda o, x, y: o.fmin(x, y),
        [[1, NAN, 2], [1, 3, 1]],
        [1, 3, 1],
        [[0.5, 0, 0], [0.5, 1, 1]],
    ),
    "max": (lambda o, x: o.max(x), [[[1, 2], [2, 0]]], 2, [[[0, 0.5], [0.5, 0]]]),
    "max, initial": (
        lambda o, x: o.max(x, initial=2.0),
        [[[1, 2], [2, 0]]],
        2,
        [[[0, 0.25], [0.25, 0]]],
    ),
    "min, initial": (
        lambda o, x: o.min(x, axis=1, keepdims=True, initial=2.0),
        [[[1, 2], [2, 3]]],
        [[1], [2]],
        [[[1, 0], [0.5, 0]]],
    ),
    "max, axis": (
        lambda o, x: o.max(x, axis=-1),
        [[[1, 2, 2], [3, 1, 0]]],
        [2, 3],
        [[[0, 0.5, 0.5], [1, 0, 0]]],
    ),
    "max, infinite": (
        lambda o, x: o.max(x, axis=-1),
        [[[INF, INF, 0], [-INF, -INF, -INF]]],
        [INF, -INF],
        [[[0.5, 0.5, 0], [1 / 3] * 3]],
    ),
    "max, axes": (
        lambda o, x: o.amax(x, axis=(0, 2)),
        [[[[1, 2], [2, 5]], [[2, 0], [3, 4]]]],
        [2, 5],
        [[[[0, 0.5], [0, 1]], [[0.5, 0], [0, 0]]]],
    ),
    "amin, keepdims": (
        lambda o, x: o.amin(x, keepdims=True),
        [[[1, 2], [2, 1]]],
        [[1]],
        [[[0.5, 0], [0, 0.5]]],
    ),
    "clip": (
        lambda o, x: o.clip(x, 0.0, 1.0),
        [[-1, 0, 0.5, 1, 2, NAN]],
        [0, 0, 0.5, 1, 1, NAN],
        [[0, 1, 1, 1, 0, None]],
    ),
    "clip, tensors": (
        lambda o, x, low, high: o.clip(x, low, high),
        [[-1, 0, 1, 2], [0, 0, 0, 0], [1, 1, 1, 1]],
        [0, 0, 1, 1],
        [[0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]],
    ),
    "clip, below only": (
        lambda o, x: o.clip(x, 0.0, None),
        [[-1, 0, 2]],
        [0, 0, 2],
        [[0, 1, 1]],
    ),
    "clip, above only": (
        lambda o, x: o.clip(x, None, 1.0),
        [[-1, 1, 2]],
        [-1, 1, 1],
        [[1, 1, 0]],
    ),
    "leaky_relu": (
        lambda o, x: o.leaky_relu(x, negative_slope=0.25),
        [[-2, 0, 2]],
        [-0.5, 0, 2],
        [[0.25, 0.25, 1]],
    ),
    "hard_tanh": (lambda o, x: o.hard_tanh(x), [[-2, -1, 1]], [-1, -1, 1], [[0, 1, 1]]),
    "selu": (
        lambda o, x: o.selu(x),
        [[-50, 0, 1, 1e4]],
        [-1.7580993, 0, 1.0507010, 10507.01],
        [[0, 1.7580993, 1.0507010, 1.0507010]],
    ),
    "celu": (
        lambda o, x: o.celu(x, alpha=0.5),
        [[-50, 0, 1, 1e4]],
        [-0.5, 0, 1, 1e4],
        [[0, 1, 1, 1]],
    ),
    "relu6": (
        lambda o, x: o.relu6(x),
        [[-1, 0, 3, 6, 7, INF, -INF]],
        [0, 0, 3, 6, 6, 6, 0],
        [[0, 0, 1, 0, 0, 0, 0]],
    ),
    "elu": (
        lambda o, x: o.elu(x, alpha=0.5),
        [[-50, 0, 1, 1e4, INF]],
        [-0.5, 0, 1, 1e4, INF],
        [[0, 0.5, 1, 1, 1]],
    ),
    "hard_sigmoid": (
        lambda o, x: o.hard_sigmoid(x),
        [[-4, -3, 0, 3, 4, INF, -INF]],
        [0, 0, 0.5, 1, 1, 1, 0],
        [[0, 0, 1 / 6, 0, 0, 0, 0]],
    ),
    "hard_silu, at the corners": (
        lambda o, x: o.hard_silu(x),
        [[-3, 3]],
        [0, 3],
        [[0, 1]],
    ),
    "sparse_sigmoid": (
        lambda o, x: o.sparse_sigmoid(x),
        [[-2, -1, 0, 1, 2]],
        [0, 0, 0.5, 1, 1],
        [[0, 0, 0.5, 0, 0]],
    ),
    "sqrt": (
        lambda o, x: o.sqrt(x),
        [[0, 4, -1, INF]],
        [0, 2, NAN, INF],
        [[0, 0.25, None, 0]],
    ),
    "rsqrt": (lambda o, x: o.rsqrt(x), [[0, 4]], [0, 0.5], [[0, -0.0625]]),
    "cbrt": (lambda o, x: o.cbrt(x), [[-8, 0]], [-2, 0], [[1 / 12, 0]]),
    "hypot": (
        lambda o, x, y: o.hypot(x, y),
        [[0, 3, 0, 1], [0, 4, 2, 1]],
        [0, 5, 2, 1 / ROOT_HALF],
        [[0, 0.6, 0, ROOT_HALF], [0, 0.8, 1, ROOT_HALF]],
    ),
    "std": (lambda o, x: o.std(x), [[0.1] * 5], 0, [[0] * 5]),
    "std, axis": (
        lambda o, x: o.std(x, axis=-1),
        [[[1, 3], [0.3, 0.3]]],
        [1, 0],
        [[[-0.5, 0.5], [0, 0]]],
    ),
    "nanstd": (lambda o, x: o.nanstd(x), [[2, 2, NAN]], 0, [[0, 0, 0]]),
    "norm": (
        lambda o, x: o.norm(x, axis=-1),
        [[[0, 0], [3, 4]]],
        [0, 5],
        [[[0, 0], [0.6, 0.8]]],
    ),
    "norm, of everything": (
        lambda o, x: o.norm(x),
        [[[0, 0], [3, 4]]],
        5,
        [[[0, 0], [0.6, 0.8]]],
    ),
    "norm, zero": (lambda o, x: o.norm(x), [[[0, 0], [0, 0]]], 0, [[[0, 0], [0, 0]]]),
    "norm, 1": (
        lambda o, x: o.norm(x, ord=1, axis=-1),
        [[[0, 0], [3, -4]]],
        [0, 7],
        [[[0, 0], [1, -1]]],
    ),
    "norm, inf": (
        lambda o, x: o.norm(x, ord=INF, axis=-1, keepdims=True),
        [[[0, 0], [3, -4]]],
        [[0], [4]],
        [[[0, 0], [0, -1]]],
    ),
    "norm, 3": (
        lambda o, x: o.norm(x, ord=3, axis=-1),
        [[[0, 0], [1, 1]]],
        [0, 2 ** (1 / 3)],
        [[[0, 0], [2 ** (-2 / 3)] * 2]],
    ),
    "norm, matrix 1": (
        lambda o, x: o.norm(x, ord=1, axis=(0, 1)),
        [[[0, 1], [3, -4]]],
        5,
        [[[0, 1], [0, -1]]],
    ),
    "norm, matrix -inf": (
        lambda o, x: o.norm(x, ord=-INF, axis=(-2, -1)),
        [[[[0, 0], [3, -4]]]],
        [0],
        [[[[0, 0], [0, 0]]]],
    ),
    "distance": (
        lambda o, x, y: ops.distance(x, y),
        [[[3, 4], [1, 1]], [[0, 0], [1, 1]]],
        [5, 0],
        [[[0.6, 0.8], [0, 0]], [[-0.6, -0.8], [0, 0]]],
    ),
    "cdist": (
        lambda o, x: o.cdist(x, ops.stop_gradient(x)),
        [[[0, 0], [3, 4]]],
        [[0, 5], [5, 0]],
        [[[-0.6, -0.8], [0.6, 0.8]]],
    ),
    "normalize": (
        lambda o, x: o.normalize(x),
        [[[0, 0, 0], [0.01, 0.01, 0.01]]],
        [[0, 0, 0], [3**-0.5] * 3],
        [[[0, 0, 0], [None] * 3]],
    ),
    "normalize, order 1": (
        lambda o, x: o.normalize(x, axis=0, order=1),
        [[[0, 3], [0, 1]]],
        [[0, 0.75], [0, 0.25]],
        [[[0, 0], [0, 0]]],
    ),
    "log": (
        lambda o, x: o.log(x),
        [[0, 1, 2, -1, INF]],
        [LOG_TINY, 0, LN2, NAN, INF],
        [[0, 1, 0.5, None, 0]],
    ),
    "log2": (lambda o, x: o.log2(x), [[0, 4]], [-126, 2], [[0, 0.25 / LN2]]),
    "log10": (
        lambda o, x: o.log10(x),
        [[0, 100]],
        [LOG_TINY / math.log(10), 2],
        [[0, 0.01 / math.log(10)]],
    ),
    "xlogy": (
        lambda o, x, y: ops.xlogy(x, y),
        [[0, 0, 0, 0, 0, 2, 2], [0, 2, -1, NAN, INF, 0, 2]],
        [0, 0, 0, 0, 0, 2 * LOG_TINY, 2 * LN2],
        [[0, LN2, 0, 0, 0, LOG_TINY, LN2], [0, 0, 0, 0, 0, 0, 1]],
    ),
    "divide": (
        lambda o, x, y: o.divide(x, y),
        [[1, 0, INF, 3], [0, 0, 0, 2]],
        [0, 0, 0, 1.5],
        [[0, 0, 0, 0.5], [0, 0, 0, -0.75]],
    ),
    "divide, by a number": (
        lambda o, x: o.divide(x, 2),
        [[0, 3]],
        [0, 1.5],
        [[0.5] * 2],
    ),
    "divide, by zero": (lambda o, x: o.divide(x, 0.0), [[0, 3]], [0, 0], [[0, 0]]),
    "divide, a number": (lambda o, x: o.divide(1, x), [[0, 2]], [0, 0.5], [[0, -0.25]]),
    "true_divide": (
        lambda o, x, y: o.true_divide(x, y),
        [[1, 3], [0, 2]],
        [0, 1.5],
        [[0, 0.5], [0, -0.75]],
    ),
    "reciprocal": (lambda o, x: o.reciprocal(x), [[0, 2]], [0, 0.5], [[0, -0.25]]),
    "divide_no_nan": (
        lambda o, x, y: o.divide_no_nan(x, y),
        [[1, 0, 3, 0], [0, 0, 2, 2]],
        [0, 0, 1.5, 0],
        [[0, 0, 0.5, 0.5], [0, 0, -0.75, 0]],
    ),
    "power, 0": (lambda o, x: o.power(x, 0), [[0, -2, 3]], [1, 1, 1], [[0, 0, 0]]),
    "power, 1": (lambda o, x: o.power(x, 1.0), [[0, -2, 3]], [0, -2, 3], [[1, 1, 1]]),
    "power, 2": (lambda o, x: o.power(x, 2), [[0, -2, 3]], [0, 4, 9], [[0, -4, 6]]),
    "power, 3": (lambda o, x: o.power(x, 3.0), [[0, -2]], [0, -8], [[0, 12]]),
    "power, 7": (lambda o, x: o.power(x, 7), [[0, -2]], [0, -128], [[0, 448]]),
    "power, 0.5": (
        lambda o, x: o.power(x, 0.5),
        [[0, 4, -1]],
        [0, 2, NAN],
        [[0, 0.25, None]],
    ),
    "power, 0.25": (lambda o, x: o.power(x, 0.25), [[0, 16]], [0, 2], [[0, 1 / 32]]),
    "power, 1.5": (lambda o, x: o.power(x, 1.5), [[0, 4]], [0, 8], [[0, 3]]),
    "power, -1": (lambda o, x: o.power(x, -1), [[0, -2]], [0, -0.5], [[0, -0.25]]),
    "power, -0.5": (lambda o, x: o.power(x, -0.5), [[0, 4]], [0, 0.5], [[0, -1 / 16]]),
    "power, of a number": (
        lambda o, y: o.power(2, y),
        [[0, 3]],
        [1, 8],
        [[LN2, 8 * LN2]],
    ),
    "power, of zero": (
        lambda o, y: o.power(0.0, y),
        [[0, 3, -1]],
        [1, 0, 0],
        [[0, 0, 0]],
    ),
    "power, tensors": (
        lambda o, x, y: o.power(x, y),
        [[0, 0, 0, 0, 0, -2, -2, -2, 2], [0, 1, 2, 0.5, -1, 3, -2, 0.5, 3]],
        [1, 0, 0, 0, 0, -8, 0.25, NAN, 8],
        [[0, 1, 0, 0, 0, 12, 0.25, None, 12], [0] * 7 + [None, 8 * LN2]],
    ),
    "logsumexp": (
        lambda o, x: o.logsumexp(x, axis=-1),
        [[[-INF, -INF], [-INF, 0], [1e4, -1e4], [-1e4, -1e4], [1e4, 1e4]]],
        [-INF, 0, 1e4, -1e4 + LN2, 1e4 + LN2],
        [[[0, 0], [0, 1], [1, 0], [0.5, 0.5], [0.5, 0.5]]],
    ),
    "logsumexp, of everything": (
        lambda o, x: o.logsumexp(x),
        [[[-INF, 0], [0, -INF]]],
        LN2,
        [[[0, 0.5], [0.5, 0]]],
    ),
    "log_softmax": (
        lambda o, x: o.log_softmax(x),
        [[[-INF, -INF], [-INF, 0], [1e4, -1e4], [0, 0]]],
        [[-INF, -INF], [-INF, 0], [0, -2e4], [-LN2, -LN2]],
        [[[0, 0], [1, -1], [-1, 1], [0, 0]]],
    ),
    "softmax": (
        lambda o, x: o.softmax(x)[:, 0],
        [[[-INF, 0], [1e4, -1e4], [0, 0]]],
        [0, 1, 0.5],
        [[[0, 0], [0, 0], [0.25, -0.25]]],
    ),
    "softplus": (
        lambda o, x: o.softplus(x),
        [[-1e4, 0, 1e4, INF, -INF]],
        [0, LN2, 1e4, INF, 0],
        [[0, 0.5, 1, 1, 0]],
    ),
    "log_sigmoid": (
        lambda o, x: o.log_sigmoid(x),
        [[-1e4, 0, 1e4, INF, -INF]],
        [-1e4, -LN2, 0, 0, -INF],
        [[1, 0.5, 0, 0, 1]],
    ),
    "logaddexp": (
        lambda o, x, y: o.logaddexp(x, y),
        [[0, -INF, 1e4, -INF, 1e4], [0, -INF, 1e4, 1, -1e4]],
        [LN2, -INF, 1e4 + LN2, 1, 1e4],
        [[0.5, 0, 0.5, 0, 1], [0.5, 0, 0.5, 1, 0]],
    ),
    "logaddexp2": (
        lambda o, x, y: o.logaddexp2(x, y),
        [[0, -INF, 1e4], [0, -INF, 1e4]],
        [1, -INF, 1e4 + 1],
        [[0.5, 0, 0.5], [0.5, 0, 0.5]],
    ),
    "arctan2": (
        lambda o, y, x: o.arctan2(y, x),
        [[0, 2, 0], [0, 0, 2]],
        [0, math.pi / 2, 0],
        [[0, 0, 0.5], [0, -0.5, 0]],
    ),
    "arccos": (
        lambda o, x: o.arccos(x),
        [[-1, 0, 1, 2]],
        [math.pi, math.pi / 2, 0, NAN],
        [[0, -1, 0, None]],
    ),
    "arcsin": (
        lambda o, x: o.arcsin(x),
        [[-1, 0, 1, 2]],
        [-math.pi / 2, 0, math.pi / 2, NAN],
        [[0, 1, 0, None]],
    ),
    "sinc": (
        lambda o, x: o.sinc(x),
        [[0, 2**-10, 0.5]],
        [1, 1, 2 / math.pi],
        [[0, -(math.pi**2) / 3 * 2**-10, -4 / math.pi]],
    ),
    "logsumexp, inf": (
        lambda o, x: o.logsumexp(x, axis=-1),
        [[[INF, 0], [INF, INF], [INF, -INF]]],
        [INF, INF, INF],
        [[[0, 0], [0, 0], [0, 0]]],
    ),
    "log_softmax, inf": (
        lambda o, x: o.log_softmax(x),
        [[[INF, 0], [INF, INF], [-INF, INF], [NAN, INF]]],
        [[0, -INF], [-LN2, -LN2], [-INF, 0], [NAN, NAN]],
        [[[0, 1], [0, 0], [1, 0], [None, None]]],
    ),
    "softmax, inf": (
        lambda o, x: o.softmax(x, axis=0)[0],
        [[[INF, INF, -INF, 0], [0, INF, -INF, 0]]],
        [1, 0.5, 0, 0.5],
        [[[0, 0, 0, 0.25], [0, 0, 0, -0.25]]],
    ),
    "prod": (
        lambda o, x: o.prod(x, axis=-1),
        [[[0, 2, 3], [0, 0, 3], [2, 3, 4]]],
        [0, 0, 24],
        [[[6, 0, 0], [0, 0, 0], [12, 8, 6]]],
    ),
    "prod, of everything": (
        lambda o, x: o.prod(x, keepdims=True),
        [[[2, 0], [3, 4], [1, 1]]],
        [[0]],
        [[[0, 24], [0, 0], [0, 0]]],
    ),
    "nanstd, axis": (
        lambda o, x: o.nanstd(x, axis=-1),
        [[[1, 3, NAN], [2, 2, 2]]],
        [1, 0],
        [[[-0.5, 0.5, 0], [0, 0, 0]]],
    ),
    "cumprod": (
        lambda o, x: o.cumprod(x, axis=-1),
        [[[0, 2, 3], [2, 0, 3], [0, 0, 3], [2, 3, 4]]],
        [[0, 0, 0], [2, 0, 0], [0, 0, 0], [2, 6, 24]],
        [[[9, 0, 0], [1, 8, 0], [1, 0, 0], [16, 10, 6]]],
    ),
    "cumprod, flat": (
        lambda o, x: o.cumprod(x),
        [[[2, 0], [3, 4]]],
        [2, 0, 0, 0],
        [[[1, 2 + 6 + 24], [0, 0]]],
    ),
    "cumprod, first axis": (
        lambda o, x: o.cumprod(x, axis=0),
        [[[0, 2], [2, 0], [3, 3]]],
        [[0, 2], [0, 0], [0, 0]],
        [[[9, 1], [0, 8], [0, 0]]],
    ),
    "nancumprod": (
        lambda o, x: o.nancumprod(x),
        [[2, NAN, 0, 3]],
        [2, 2, 0, 0],
        [[2, 0, 8, 0]],
    ),
    "nancumprod, inf": (
        lambda o, x: o.nancumprod(x),
        [[2, INF, NAN]],
        [2, INF, INF],
        [[None, None, 0]],
    ),
    "nancumsum": (
        lambda o, x: o.nancumsum(x),
        [[1, NAN, 2, INF]],
        [1, 1, 3, INF],
        [[4, 0, 2, 1]],
    ),
    "sparsemax": (
        lambda o, x: o.sparsemax(x)[:, 1],
        [[[0, 2, 3], [1, 2, 1], [0, 0.5, 0], [1, 1, 0], [INF, 1, 0], [-INF, 1, -INF]]],
        [0, 1, 2 / 3, 0.5, 0, 1],
        [[[0] * 3, [0] * 3, [-1 / 3, 2 / 3, -1 / 3], [-0.5, 0.5, 0], [0] * 3, [0] * 3]],
    ),
    "sparsemax, all infinite": (
        lambda o, x: o.sparsemax(x, axis=0),
        [[[INF, -INF, NAN], [INF, -INF, 0]]],
        [[0.5, 0, NAN], [0.5, 0, NAN]],
        [[[0, 0, None], [0, 0, None]]],
    ),
    "norm, -1": (
        lambda o, x: o.norm(x, ord=-1, axis=-1),
        [[[0, 2], [0, 0], [2, -2], [NAN, 2]]],
        [0, 0, 1, NAN],
        [[[0, 0], [0, 0], [0.25, -0.25], [None, None]]],
    ),
    "fmod": (
        lambda o, x, y: o.fmod(x, y),
        [[0, 5, -5, 0, 3], [3, 3, 3, 0, 0]],
        [0, 2, -2, NAN, NAN],
        [[1, 1, 1, None, None], [0, -1, 1, None, None]],
    ),
    "floor_divide": (
        lambda o, x, y: o.floor_divide(x, y),
        [[0, 5, -5], [3, 3, 3]],
        [0, 1, -2],
        [[0, 0, 0], [0, 0, 0]],
    ),
    "angle": (
        lambda o, x: o.angle(x),
        [[-2, -0.0, 0, 3, INF, NAN]],
        [math.pi, 0, 0, 0, 0, NAN],
        [[0, 0, 0, 0, 0, None]],
    ),
    "heaviside": (
        lambda o, x, y: o.heaviside(x, y),
        [[-2, -0.0, 0, 3, NAN], [0.25, 0.25, 0.5, 0.5, 0.5]],
        [0, 0.25, 0.5, 1, NAN],
        [[0, 0, 0, 0, None], [0, 1, 1, 0, 0]],
    ),
    "copysign": (
        lambda o, x, y: o.copysign(x, y),
        [[1, -2, 0, -INF, 3], [-0.0, 3, -1, 1, 0.0]],
        [-1, 2, 0, INF, 3],
        [[-1, -1, 0, -1, 1], [0, 0, 0, 0, 0]],
    ),
    "float_power": (
        lambda o, x, y: o.float_power(x, y),
        [[0, 0, -2, 2], [0, -1, 3, 3]],
        [1, 0, -8, 8],
        [[0, 0, 12, 12], [0, 0, 0, 8 * LN2]],
    ),
    "gelu": (
        lambda o, x: o.gelu(x),
        [[-INF, -1e4, 0, 1e4, INF]],
        [0, 0, 0, 1e4, INF],
        [[0, 0, 0.5, 1, 1]],
    ),
    "silu": (
        lambda o, x: o.silu(x),
        [[-INF, -1e4, 0, 1e4, INF]],
        [0, 0, 0, 1e4, INF],
        [[0, 0, 0.5, 1, 1]],
    ),
    "swish": (
        lambda o, x: o.swish(x),
        [[-INF, 0, INF]],
        [0, 0, INF],
        [[0, 0.5, 1]],
    ),
    "sparse_plus": (
        lambda o, x: o.sparse_plus(x),
        [[-INF, -1, 0, 1, INF]],
        [0, 0, 0.25, 1, INF],
        [[0, 0, 0.5, 1, 1]],
    ),
    "hard_silu": (
        lambda o, x: o.hard_silu(x),
        [[-INF, -4, 0, 4, INF]],
        [0, 0, 0, 4, INF],
        [[0, 0, 0.5, 1, 1]],
    ),
    "softsign": (
        lambda o, x: o.softsign(x),
        [[-INF, -1, 0, 1, INF]],
        [-1, -0.5, 0, 0.5, 1],
        [[0, 0.25, 1, 0.25, 0]],
    ),
    "log_gamma": (
        lambda o, x: ops.log_gamma(x),
        [[1, 2, 0.5, 0, -1]],
        [0, 0, math.log(math.pi) / 2, NAN, NAN],
        [[-0.57721566, 0.42278434, -1.9635100, None, None]],
    ),
    "digamma": (
        lambda o, x: ops.digamma(x),
        [[1, 2, 0.5, 0, -1]],
        [-0.57721566, 0.42278434, -1.9635100, NAN, NAN],
        [[1.6449341, 0.64493407, 4.9348022, None, None]],
    ),
    "log_gamma_difference": (
        lambda o, x, n: ops.log_gamma_difference(x, n),
        [[1, 2, 1e4, 0, -1], [0, 1, 0.5, 1, 1]],
        [0, LN2, 4.6051577, NAN, NAN],
        [
            [0, 0.5, 5.0001e-5, None, None],
            [-0.57721566, 0.92278434, 9.2103404, None, None],
        ],
    ),
}

TOLERANCES = {"float32": 2e-6, "float16": 2e-3, "bfloat16": 1e-2}


@pytest.fixture(scope="module")
def results(differentiate):
    functions = [functools.partial(row[0], ops) for row in TABLE.values()]
    inputs = [row[1] for row in TABLE.values()]

    @functools.cache
    def compute(dtype, mode):
        answers = differentiate(functions, inputs, dtype, mode)
        return dict(zip(TABLE, answers, strict=True))

    return compute


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("dtype", TOLERANCES)
def test_value_and_gradient_at_the_bad_point(name, dtype, mode, results, backend):
    value, gradients = results(dtype, mode)[name]
    check(name, value, gradients if backend != "numpy" else None, TOLERANCES[dtype])


def check(name, value, gradients, tolerance):
    _, _, stated, stated_gradients = TABLE[name]
    close = functools.partial(np.testing.assert_allclose, rtol=tolerance, atol=1e-6)
    close(value, np.asarray(stated, float), err_msg=f"value of {name}")
    for got, want in zip(gradients or (), stated_gradients, strict=False):
        want = np.asarray(want, float)  # None, not stated, is NaN there
        got = np.where(np.isnan(want), np.nan, got)
        close(got, want, err_msg=f"gradient of {name}", rtol=5 * tolerance)
