"""Elementwise functions of two numbers."""

from typing import Any

import numpy as np

from portable_losses.parity.chart.op import Op, elementwise
from portable_losses.parity.chart.rows._shared import INF, NAN

PAIRS = ((1.0, 2.0), (-3.0, 0.5), (0.0, 3.0))
HALF = 0.5, 0.5


def _no_nan(x: Any, y: Any) -> Any:
    return np.where(y == 0, 0.0, x / np.where(y == 0, 1.0, y))


def _fixed(name: str, reference: Any, second: float, at: Any, **rest: Any) -> Op:
    """The function with a Python number as its second argument."""

    def call(ops: Any, x: Any) -> Any:
        return getattr(ops, name)(x, second)

    given = f"x2={second:g}"
    return elementwise(name, reference, at, given=given, call=call, **rest)


def _tied(value: float) -> tuple[float, tuple[float, float]]:
    return value, HALF


ARITHMETIC = (
    elementwise("add", np.add, (*PAIRS, (INF, 1.0))),
    elementwise("subtract", np.subtract, (*PAIRS, (INF, 1.0))),
    elementwise("multiply", np.multiply, (*PAIRS, (0.0, INF))),
    *(
        elementwise(
            name,
            np.divide,
            ((1.0, 2.0), (-3.0, 0.5), (1.0, 0.0), (0.0, 0.0), (1.0, INF)),
            promises={
                (1.0, 0.0): (0.0, (0.0, 0.0)),
                (0.0, 0.0): (0.0, (0.0, 0.0)),
            },
        )
        for name in ("divide", "true_divide")
    ),
    elementwise(
        "divide_no_nan",
        _no_nan,
        ((1.0, 2.0), (-3.0, 0.5), (1.0, 0.0), (0.0, 0.0)),
        gradients={(1.0, 0.0): (0.0, 0.0), (0.0, 0.0): (0.0, 0.0)},
    ),
    elementwise(
        "mod", np.mod, ((5.0, 3.0), (-5.0, 3.0), (5.0, -3.0), (0.0, 3.0), (5.0, 0.0))
    ),
    elementwise("fmod", np.fmod, ((5.0, 3.0), (-5.0, 3.0), (0.0, 3.0), (5.0, 0.0))),
    elementwise("floor_divide", np.floor_divide, ((5.0, 3.0), (-5.0, 3.0), (0.0, 3.0))),
)

BASES = ((2.0, 3.0), (-2.0, 3.0), (-2.0, -2.0), (-2.0, 0.5))
ZERO_BASES = ((0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (0.0, 0.5), (0.0, -1.0))
POWER = {
    (0.0, 0.0): (1.0, (0.0, 0.0)),
    (0.0, 1.0): (0.0, (1.0, 0.0)),
    (0.0, 2.0): (0.0, (0.0, 0.0)),
    (0.0, 0.5): (0.0, (0.0, 0.0)),
    (0.0, -1.0): (0.0, (0.0, 0.0)),
    (-2.0, 3.0): (-8.0, (12.0, 0.0)),
    (-2.0, -2.0): (0.25, (0.25, 0.0)),
}
AT_ZERO = {0.0: (0.0, 0.0)}

POWERS = (
    elementwise("power", np.power, (*BASES, *ZERO_BASES), promises=POWER),
    elementwise("float_power", np.power, (*BASES, *ZERO_BASES), promises=POWER),
    _fixed("power", np.ones_like, 0.0, (-2.0, 0.0, 3.0)),
    _fixed("power", np.sqrt, 0.5, (0.0, 4.0, -1.0, INF), promises=AT_ZERO),
    _fixed("power", np.square, 2.0, (-2.0, 0.0, 3.0)),
    _fixed("power", lambda x: x**3, 3.0, (-2.0, 0.0, 3.0)),
    _fixed("power", lambda x: 1 / x, -1.0, (-2.0, 0.0, 3.0), promises=AT_ZERO),
)

EXTREMES = (
    *(
        elementwise(
            name,
            reference,
            (*PAIRS, (1.0, 1.0), (0.0, 0.0), (INF, INF), (NAN, 1.0), (1.0, NAN)),
            promises={
                (1.0, 1.0): _tied(1.0),
                (0.0, 0.0): _tied(0.0),
                (INF, INF): _tied(INF),
            },
        )
        for name, reference in (
            ("maximum", np.maximum),
            ("minimum", np.minimum),
            ("fmax", np.fmax),
            ("fmin", np.fmin),
        )
    ),
    _fixed(
        "maximum",
        lambda x: np.maximum(x, 0),
        0.0,
        (-2.0, 0.0, 3.0),
        promises={0.0: (0.0, 0.5)},
    ),
    _fixed(
        "minimum",
        lambda x: np.minimum(x, 0),
        0.0,
        (-2.0, 0.0, 3.0),
        promises={0.0: (0.0, 0.5)},
    ),
)

LOG_SUMS = tuple(
    elementwise(
        name,
        reference,
        (*PAIRS, (0.0, 0.0), (1e4, 1e4), (-1e4, 1e4), (-INF, 0.0), (-INF, -INF)),
        promises={(-INF, -INF): (-INF, (0.0, 0.0))},
        gradients={(-INF, 0.0): (0.0, 1.0)},
    )
    for name, reference in (("logaddexp", np.logaddexp), ("logaddexp2", np.logaddexp2))
)

GEOMETRY = (
    elementwise(
        "arctan2",
        np.arctan2,
        (*PAIRS, (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, -1.0)),
        promises={(0.0, 0.0): (0.0, (0.0, 0.0))},
    ),
    elementwise(
        "hypot",
        np.hypot,
        ((3.0, 4.0), (0.0, 0.0), (0.0, 2.0), (1.0, 1.0), (1e30, 1e30)),
        promises={(0.0, 0.0): (0.0, (0.0, 0.0))},
    ),
    elementwise(
        "copysign",
        np.copysign,
        ((1.0, -2.0), (-2.0, 3.0), (0.0, -1.0), (1.0, -0.0)),
        promises={(0.0, -1.0): (0.0, (0.0, 0.0))},
    ),
    elementwise(
        "heaviside",
        np.heaviside,
        ((-2.0, 0.25), (0.0, 0.25), (3.0, 0.25)),
    ),
    elementwise(
        "ldexp",
        lambda x: x * 8,
        (-2.0, 0.0, 3.0, INF),
        given="x2=3",
        call=lambda ops, x: ops.ldexp(x, np.full((), 3, "int32")),
    ),
)

CHOICES = (
    elementwise(
        "where",
        lambda x: np.where(x > 0, 2 * x, -x),
        (-2.0, 0.5, 3.0),
        given="x > 0, 2 x, -x",
        call=lambda ops, x: ops.where(x > 0, 2 * x, -x),
    ),
    elementwise(
        "where",
        lambda x: np.where(x > 0, np.sqrt(np.maximum(x, 0)), 0.0),
        (-2.0, 0.0, 4.0),
        given="x > 0, sqrt(x), 0",
        call=lambda ops, x: ops.where(x > 0, ops.sqrt(x), 0.0),
        gradients={-2.0: 0.0},
    ),
    elementwise(
        "select",
        lambda x: np.where(x > 1, 2 * x, np.where(x > 0, 3 * x, -x)),
        (-2.0, 0.5, 3.0),
        given="[x > 1, x > 0], [2 x, 3 x], -x",
        call=lambda ops, x: ops.select([x > 1, x > 0], [2 * x, 3 * x], -x),
    ),
)

ROWS = (
    *ARITHMETIC,
    *POWERS,
    *EXTREMES,
    *LOG_SUMS,
    *GEOMETRY,
    *CHOICES,
)
