"""Activations: functions of one number, of `keras.ops.nn`."""

import math
from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.chart.op import elementwise
from portable_losses.parity.chart.rows._shared import ENDS, INF, LARGE, NAN

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
USUAL = (-2.0, -0.5, 0.0, 0.5, 3.0)
FAR = (*LARGE, *ENDS)


def _times(x: Any, factor: Any) -> Any:
    """x * factor, and 0 where the factor is 0, also for infinite x."""
    return np.where(factor == 0, np.where(np.isnan(x), np.nan, 0.0), x * factor)


def _softplus(x: Any) -> Any:
    return np.logaddexp(0.0, x)


def _silu(x: Any) -> Any:
    return _times(x, special.expit(x))


def _hard_sigmoid(x: Any) -> Any:
    return np.clip(x / 6 + 0.5, 0.0, 1.0)


def _hard_silu(x: Any) -> Any:
    return _times(x, _hard_sigmoid(x))


def _softsign(x: Any) -> Any:
    return np.where(np.isinf(x), np.sign(x), x / (1 + np.abs(x)))


def _elu(x: Any, alpha: float = 1.0, scale: float = 1.0) -> Any:
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _celu(x: Any) -> Any:
    return np.where(x > 0, x, 0.5 * np.expm1(np.minimum(x, 0) / 0.5))


def _gelu(x: Any) -> Any:
    return _times(x, special.ndtr(x))


def _gelu_by_tanh(x: Any) -> Any:
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return _times(x, 0.5 * (1 + np.tanh(inner)))


def _leaky(x: Any) -> Any:
    return np.where(x > 0, x, 0.2 * x)


def _squareplus(x: Any) -> Any:
    # (x + root) / 2 == 2 / (root - x), which does not cancel below 0
    root = np.sqrt(x**2 + 4)
    return np.where(x > 0, (x + root) / 2, 2 / (root - x))


def _sparse_plus(x: Any) -> Any:
    return np.where(x <= -1, 0.0, np.where(x >= 1, x, (x + 1) ** 2 / 4))


def _tanh_shrink(x: Any) -> Any:
    return np.where(np.isinf(x), x, x - np.tanh(x))


def _soft_shrink(x: Any) -> Any:
    return np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)


def _hard_shrink(x: Any) -> Any:
    return np.where(np.abs(x) <= 0.5, 0.0, x)


def _keep_nan(function: Any) -> Any:
    return lambda x: np.where(np.isnan(x), np.nan, function(x))


RISING = {INF: 1.0, -INF: 0.0}
FLAT = {INF: 0.0, -INF: 0.0}
LINEAR = {INF: 1.0, -INF: 1.0}

ROWS = (
    elementwise(
        "relu",
        lambda x: np.maximum(x, 0),
        (*USUAL, *FAR),
        promises={0.0: (0.0, 0.0)},
        gradients=RISING,
    ),
    elementwise(
        "relu6", lambda x: np.clip(x, 0, 6), (*USUAL, 6.0, *FAR), gradients=FLAT
    ),
    elementwise(
        "leaky_relu",
        _leaky,
        (*USUAL, *FAR),
        promises={0.0: (0.0, 0.2)},
        gradients={INF: 1.0, -INF: 0.2},
    ),
    elementwise("elu", _elu, (*USUAL, *FAR), gradients=RISING),
    elementwise(
        "selu",
        lambda x: _elu(x, SELU_ALPHA, SELU_SCALE),
        (*USUAL, *FAR),
        promises={0.0: (0.0, SELU_SCALE * SELU_ALPHA)},
        gradients={INF: SELU_SCALE, -INF: 0.0},
    ),
    elementwise(
        "celu",
        _celu,
        (*USUAL, *FAR),
        gradients=RISING,
        given="alpha=0.5",
        call=lambda ops, x: ops.celu(x, alpha=0.5),
    ),
    elementwise("sigmoid", special.expit, (*USUAL, *FAR), gradients=FLAT),
    elementwise("hard_sigmoid", _hard_sigmoid, (-3.0, *USUAL, *FAR), gradients=FLAT),
    elementwise(
        "sparse_sigmoid",
        lambda x: np.clip((x + 1) / 2, 0, 1),
        (-1.0, 1.0, *USUAL, *FAR),
        promises={-1.0: (0.0, 0.0), 1.0: (1.0, 0.0)},
        gradients=FLAT,
    ),
    elementwise(
        "log_sigmoid",
        lambda x: -_softplus(-x),
        (*USUAL, *FAR),
        gradients={INF: 0.0, -INF: 1.0},
    ),
    elementwise("softplus", _softplus, (*USUAL, *FAR), gradients=RISING),
    elementwise("squareplus", _squareplus, (*USUAL, *LARGE, NAN)),
    elementwise(
        "sparse_plus",
        _keep_nan(_sparse_plus),
        (-1.0, 1.0, *USUAL, *FAR),
        gradients=RISING,
    ),
    elementwise("silu", _silu, (*USUAL, *FAR), gradients=RISING),
    elementwise("swish", _silu, (*USUAL, *FAR), gradients=RISING),
    elementwise("hard_silu", _hard_silu, (-3.0, *USUAL, *FAR), gradients=RISING),
    elementwise("hard_swish", _hard_silu, (-3.0, *USUAL, *FAR), gradients=RISING),
    elementwise("gelu", _gelu_by_tanh, (*USUAL, *FAR), gradients=RISING),
    elementwise(
        "gelu",
        _gelu,
        (*USUAL, *FAR),
        gradients=RISING,
        given="approximate=False",
        call=lambda ops, x: ops.gelu(x, approximate=False),
    ),
    elementwise(
        "hard_tanh",
        lambda x: np.clip(x, -1, 1),
        (-1.0, 1.0, *USUAL, *FAR),
        promises={-1.0: (-1.0, 1.0), 1.0: (1.0, 1.0)},
        gradients=FLAT,
    ),
    elementwise("softsign", _softsign, (*USUAL, *FAR), gradients=FLAT),
    elementwise("tanh_shrink", _tanh_shrink, (*USUAL, *LARGE, *ENDS), gradients=LINEAR),
    elementwise("soft_shrink", _soft_shrink, (*USUAL, *LARGE, NAN)),
    elementwise("hard_shrink", _keep_nan(_hard_shrink), (*USUAL, *LARGE, NAN)),
    elementwise(
        "threshold",
        lambda x: np.where(x > 0.5, x, 0.25),
        (-2.0, 0.5, 3.0),
        given="0.5, 0.25",
        call=lambda ops, x: ops.threshold(x, 0.5, 0.25),
    ),
    elementwise(
        "clip",
        lambda x: np.clip(x, -1, 2),
        (-2.0, -1.0, 0.0, 2.0, 3.0, *ENDS),
        promises={-1.0: (-1.0, 1.0), 2.0: (2.0, 1.0)},
        gradients=FLAT,
        given="-1, 2",
        call=lambda ops, x: ops.clip(x, -1.0, 2.0),
    ),
    elementwise(
        "clip",
        lambda x: np.maximum(x, 0),
        (-2.0, 0.0, 3.0, *ENDS),
        promises={0.0: (0.0, 1.0)},
        gradients=RISING,
        given="0, inf",
        call=lambda ops, x: ops.clip(x, 0.0, INF),
    ),
)
