"""Functions of one number, of `keras.ops.numpy`."""

import math
from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.chart.op import Op, elementwise
from portable_losses.parity.chart.rows._shared import ENDS, INF, LN2, LOG_TINY, NAN

USUAL = (-2.0, -0.5, 0.0, 0.5, 3.0)
POSITIVE = (0.25, 1.0, 3.0)


def _sign(x: Any) -> Any:
    return np.where(np.isnan(x), np.nan, np.sign(x))


def _angle(x: Any) -> Any:
    return np.where(np.isnan(x), np.nan, np.where(x < 0, math.pi, 0.0))


def _same(x: Any) -> Any:
    return np.array(x)


def _one(x: Any) -> Any:
    return np.ones_like(x)


def _limited(x: Any) -> Any:
    return np.nan_to_num(x, nan=0.5, posinf=100.0, neginf=-100.0)


def _slope_of_sinc(x: Any) -> Any:
    near = -(math.pi**2) / 3 * x
    far = np.cos(math.pi * x) / x - np.sin(math.pi * x) / (math.pi * x**2)
    return np.where(np.abs(x) < 2.0**-8, near, far)


AT_ZERO = {0.0: (0.0, 0.0)}
HUNDRED = {"nan": 0.5, "posinf": 100.0, "neginf": -100.0}

CORNERS = tuple(
    elementwise(name, np.abs, (*USUAL, *ENDS), promises=AT_ZERO, derivative=np.sign)
    for name in ("abs", "absolute", "fabs")
)

STEPS = tuple(
    elementwise(name, reference, (-1.5, -0.5, 0.0, 0.5, 1.0, 2.5, *ENDS))
    for name, reference in (
        ("sign", _sign),
        ("ceil", np.ceil),
        ("floor", np.floor),
        ("trunc", np.trunc),
        ("round", np.round),
    )
)

LINES = tuple(
    elementwise(name, reference, (*USUAL, *ENDS), derivative=derivative)
    for name, reference, derivative in (
        ("negative", np.negative, lambda x: -_one(x)),
        ("real", _same, _one),
        ("conj", _same, _one),
        ("conjugate", _same, _one),
        ("copy", _same, _one),
        ("deg2rad", np.deg2rad, lambda x: _one(x) * math.pi / 180),
        ("rad2deg", np.rad2deg, lambda x: _one(x) * 180 / math.pi),
    )
)

POWERS = (
    elementwise("square", np.square, (*USUAL, *ENDS), derivative=lambda x: 2 * x),
    elementwise(
        "sqrt",
        np.sqrt,
        (0.0, 1e-4, *POSITIVE, -1.0, INF, NAN),
        promises=AT_ZERO,
        derivative=lambda x: 0.5 / np.sqrt(x),
    ),
    elementwise(
        "rsqrt",
        lambda x: 1 / np.sqrt(x),
        (0.0, 1e-4, *POSITIVE, -1.0, INF, NAN),
        promises=AT_ZERO,
        derivative=lambda x: -0.5 * np.power(x, -1.5),
    ),
    elementwise(
        "cbrt",
        np.cbrt,
        (-8.0, 0.0, *POSITIVE, *ENDS),
        promises=AT_ZERO,
        derivative=lambda x: np.power(np.abs(x), -2 / 3) / 3,
    ),
    elementwise(
        "reciprocal",
        np.reciprocal,
        (-2.0, 0.0, 0.5, 3.0, *ENDS),
        promises=AT_ZERO,
        derivative=lambda x: -1 / x**2,
    ),
)

EXPONENTIALS = (
    elementwise("exp", np.exp, (*USUAL, -1e4, 1e4, *ENDS), derivative=np.exp),
    elementwise(
        "exp2",
        np.exp2,
        (*USUAL, -1e4, 1e4, *ENDS),
        derivative=lambda x: LN2 * np.exp2(x),
    ),
    elementwise("expm1", np.expm1, (*USUAL, 1e-4, -1e4, 1e4, *ENDS), derivative=np.exp),
)


def _logarithm(name: str, base: float) -> Op:
    scale = 1 / math.log(base)

    def reference(x: Any) -> Any:
        return np.log(x) * scale

    return elementwise(
        name,
        reference,
        (0.0, 1e-4, 0.5, 1.0, 3.0, -1.0, INF, NAN),
        promises={0.0: (LOG_TINY * scale, 0.0)},
        derivative=lambda x: scale / x,
    )


LOGARITHMS = (
    _logarithm("log", math.e),
    _logarithm("log2", 2.0),
    _logarithm("log10", 10.0),
    elementwise(
        "log1p",
        np.log1p,
        (-1.0, -0.5, 0.0, 1e-4, 3.0, -2.0, INF, NAN),
        derivative=lambda x: 1 / (1 + x),
    ),
)

ANGLES = (
    elementwise("sin", np.sin, (*USUAL, 1e-4, 1e4, *ENDS), derivative=np.cos),
    elementwise("cos", np.cos, (*USUAL, 1e4, *ENDS), derivative=lambda x: -np.sin(x)),
    elementwise(
        "tan", np.tan, (*USUAL, 1e-4, *ENDS), derivative=lambda x: np.cos(x) ** -2
    ),
    elementwise(
        "arcsin",
        np.arcsin,
        (-1.0, -0.5, 0.0, 0.5, 1.0, 2.0, NAN),
        promises={-1.0: (-math.pi / 2, 0.0), 1.0: (math.pi / 2, 0.0)},
    ),
    elementwise(
        "arccos",
        np.arccos,
        (-1.0, -0.5, 0.0, 0.5, 1.0, 2.0, NAN),
        promises={-1.0: (math.pi, 0.0), 1.0: (0.0, 0.0)},
    ),
    elementwise(
        "arctan",
        np.arctan,
        (*USUAL, -1e4, 1e4, *ENDS),
        derivative=lambda x: 1 / (1 + x**2),
    ),
    elementwise(
        "sinc",
        np.sinc,
        (-0.5, 0.0, 2.0**-10, 0.5, 2.5),
        derivative=_slope_of_sinc,
    ),
    elementwise("angle", _angle, (-2.0, -0.0, 0.0, 3.0, NAN), promises=AT_ZERO),
)

HYPERBOLIC = (
    elementwise("sinh", np.sinh, (*USUAL, 1e-4, 100.0, *ENDS), derivative=np.cosh),
    elementwise("cosh", np.cosh, (*USUAL, 100.0, *ENDS), derivative=np.sinh),
    elementwise(
        "tanh",
        np.tanh,
        (*USUAL, 1e-4, -1e4, 1e4, *ENDS),
        derivative=lambda x: 1 - np.tanh(x) ** 2,
    ),
    elementwise(
        "arcsinh",
        np.arcsinh,
        (*USUAL, 1e-4, -1e4, 1e4, *ENDS),
        derivative=lambda x: 1 / np.sqrt(1 + x**2),
    ),
    elementwise(
        "arccosh",
        np.arccosh,
        (1.0, 1.5, 3.0, 1e4, 0.5, INF, NAN),
        derivative=lambda x: 1 / np.sqrt(x**2 - 1),
    ),
    elementwise("arctanh", np.arctanh, (-1.0, -0.5, 0.0, 1e-3, 0.5, 1.0, 2.0, NAN)),
)

SPECIAL = (
    elementwise("i0", special.i0, (*USUAL, 20.0, NAN), derivative=special.i1),
    elementwise(
        "erf",
        special.erf,
        (*USUAL, 1e-4, -1e4, 1e4, *ENDS),
        derivative=lambda x: 2 / math.sqrt(math.pi) * np.exp(-(x**2)),
    ),
    elementwise(
        "erfc",
        special.erfc,
        (*USUAL, -1e4, 1e4, *ENDS),
        derivative=lambda x: -2 / math.sqrt(math.pi) * np.exp(-(x**2)),
    ),
    elementwise("erfinv", special.erfinv, (-1.0, -0.5, 0.0, 1e-3, 0.5, 1.0, 2.0, NAN)),
    elementwise(
        "lgamma",
        special.gammaln,
        (0.0, 0.5, 3.0, 10.0, 1e4, -0.5, INF, NAN),
        promises={0.0: (NAN, None), -0.5: (NAN, None), INF: (INF, None)},
        derivative=special.digamma,
    ),
    elementwise(
        "nan_to_num",
        _limited,
        (-2.0, 0.0, 3.0, *ENDS),
        given="nan=0.5, posinf=100, neginf=-100",
        call=lambda ops, x: ops.nan_to_num(x, **HUNDRED),
    ),
    elementwise(
        "stop_gradient",
        _same,
        (-2.0, 0.0, INF, NAN),
        gradients={-2.0: 0.0, 0.0: 0.0, INF: 0.0, NAN: 0.0},
    ),
)

ROWS = (
    *CORNERS,
    *STEPS,
    *LINES,
    *POWERS,
    *EXPONENTIALS,
    *LOGARITHMS,
    *ANGLES,
    *HYPERBOLIC,
    *SPECIAL,
)
