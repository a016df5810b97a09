"""The expected result of a row at a point: the value, and bounds of each derivative.

Everything is computed in float64 from the row's reference in NumPy. The bounds are the
one-sided difference quotients on both sides, extrapolated to a step of 0. Where the two
differ, as at a tie, every number between them is a subgradient. A side on which the
reference is NaN is ignored. On a side where the value jumps, the derivative beyond the
jump is used.
"""

import dataclasses
import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import ml_dtypes
import numpy as np

from portable_losses.parity.case import Array
from portable_losses.parity.chart.op import Op, Point

WEIGHTS = (1.0, -0.5, 2.0, 0.5, -1.0, 1.5)
"""Weights, in turn, of the entries of a result: the gradient is of the weighted sum."""

STEP = 2.0**-10
"""The largest step of a difference quotient, relative to the number."""

SIDES = (-1.0, 1.0)
HALVINGS = 5
USUAL = (1e-3, 1e6)
"""Beyond these sizes, and at infinities, the derivative is the one a row states."""

NOISE = 1e-9

JUMP = 1e-5
"""The smallest change of a value that counts as a jump, relative to the value."""

STEEPER = 1.8
"""A difference quotient that grows by this factor for smaller steps is unbounded."""


@dataclasses.dataclass(frozen=True)
class Expected:
    """The reference at a point, in float64.

    Args:
        value: the flat value; several results are concatenated.
        low: the lower bound of each derivative, one array per input; NaN: not judged.
        high: the upper bound.
    """

    value: Array
    low: tuple[Array, ...]
    high: tuple[Array, ...]


def rounded(x: Array, dtype: str) -> Array:
    """The nearest numbers of a dtype, in float64."""
    kinds = {"bfloat16": ml_dtypes.bfloat16}
    with np.errstate(over="ignore"):
        return np.asarray(x, "float64").astype(kinds.get(dtype, dtype)).astype(float)


def is_for(point: Point, dtype: str) -> bool:
    """Whether a dtype can represent the numbers of a point: 1e-10 is 0 in float16."""
    if dtype not in point.dtypes:
        return False
    for x in point.inputs:
        near = rounded(x, dtype)
        if np.any(np.isinf(near) & np.isfinite(x)) or np.any((near == 0) & (x != 0)):
            return False
    return True


def weights_of(row: Op, size: int) -> Array:
    """The weights of the entries of a result in the sum that is differentiated."""
    return np.ones(size) if row.elementwise else np.resize(WEIGHTS, size)


def result_of(row: Op, inputs: Sequence[Array]) -> tuple[Array, tuple[int, ...] | None]:
    """The flat result of a reference and its shape, None for several results."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty means
        result = row.reference(*inputs)
    several = isinstance(result, tuple | list)
    return _flat(result), None if several else np.shape(result)


def expect(row: Op, point: Point, dtype: str, ours: bool = False) -> Expected:
    """The expected result of a row at a point whose inputs are rounded to a dtype.

    Args:
        row: the row.
        point: one of its points.
        dtype: of the inputs.
        ours: whether to expect what `portable_losses.ops` promises.
    """
    inputs = [rounded(x, dtype) for x in point.inputs]
    shapes = tuple(x.shape for x in inputs)
    value, bounds = _derived(row, shapes, *(x.tobytes() for x in inputs))
    stated = point.gradients
    if ours and point.promise.gradients is not None:
        stated = point.promise.gradients
    if stated is not None:
        bounds = [_stated(x, *b) for x, b in zip(stated, bounds, strict=True)]
    if ours and point.promise.value is not None:
        value = np.broadcast_to(point.promise.value, value.shape)
        value = np.ravel(value)
    low, high = ([rounded(b[side], dtype) for b in bounds] for side in (0, 1))
    return Expected(rounded(value, dtype), tuple(low), tuple(high))


@functools.cache
def _derived(
    row: Op, shapes: tuple[tuple[int, ...], ...], *numbers: bytes
) -> tuple[Array, list[tuple[Array, Array]]]:
    """The value and the bounds: one computation for all dtypes that have the inputs."""
    inputs = tuple(
        np.frombuffer(x).reshape(s) for x, s in zip(numbers, shapes, strict=True)
    )
    value, _ = result_of(row, inputs)
    weights = weights_of(row, value.size)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return value, [
            _bounds(row, inputs, i, value, weights) for i in range(len(inputs))
        ]


def _stated(gradient: Any, low: Array, high: Array) -> tuple[Array, Array]:
    if isinstance(gradient, str):
        return np.full(low.shape, -np.inf), np.full(low.shape, np.inf)
    gradient = np.broadcast_to(np.asarray(gradient, "float64"), low.shape)
    return gradient, gradient


def _flat(result: Any) -> Array:
    if isinstance(result, tuple | list):
        return np.concatenate([np.ravel(np.asarray(x, "float64")) for x in result])
    return np.ravel(np.asarray(result, "float64"))


def _bounds(
    row: Op, inputs: tuple[Array, ...], i: int, value: Array, weights: Array
) -> tuple[Array, Array]:
    """The bounds of the derivatives by the i-th input."""
    x = inputs[i]
    low, high = np.full(x.size, np.nan), np.full(x.size, np.nan)
    if np.isnan(value).any():
        return low.reshape(x.shape), high.reshape(x.shape)  # of a NaN there is none
    for j, number in enumerate(x.ravel()):
        usual = number == 0 or USUAL[0] <= abs(number) <= USUAL[1]
        if row.derivative is not None and not (usual and np.isfinite(value).all()):
            low[j] = high[j] = np.ravel(row.derivative(*inputs))[0] * weights[0]
            continue
        if not np.isfinite(number):
            continue

        def along(t: float, j: int = j) -> Array:
            moved = x.copy()
            moved.flat[j] += t
            return _flat(row.reference(*inputs[:i], moved, *inputs[i + 1 :]))

        step = STEP * (min(1.0, abs(number) or 1.0) if usual else abs(number))
        least = step * (2.0**-30 if number else 2.0**-200)
        sides = [_one_sided(along, s * step, s * least, value, weights) for s in SIDES]
        known = [side for side in sides if not np.isnan(side)]
        if known:
            # Rounding errors of difference quotients are set to 0.
            known = [0.0 if abs(side) < NOISE else side for side in known]
            low[j], high[j] = min(known), max(known)
    return low.reshape(x.shape), high.reshape(x.shape)


def _one_sided(
    along: Callable[[float], Array],
    step: float,
    least: float,
    at: Array,
    weights: Array,
) -> float:
    """The derivative on the side of `step`; NaN if there is none."""
    if at.size == 0:
        return 0.0
    near = along(least)
    if np.any(np.isinf(at) & (near == at)):
        return np.nan  # the step does not change an infinity
    jumps = ~_same(near, at) & ~(np.abs(near - at) <= JUMP * np.maximum(1, abs(at)))
    start = np.where(jumps & np.isfinite(near), near, at)

    def quotient(t: float) -> float:
        return float(np.sum(weights * _difference(along(t), start)) / t)

    quotients = [quotient(step / 2**k) for k in range(HALVINGS)]
    first, last = abs(quotients[0]), abs(quotients[-1])
    if not np.isfinite(last):
        return quotients[-1]
    if last > max(STEEPER * first, 1.0):
        if abs(quotient(step * 2.0**-20)) > STEEPER * last:
            return float(np.copysign(np.inf, quotients[-1]))
    # Neville's scheme: it removes the errors of order 1, 2, 3, ... in the step.
    for power in range(1, HALVINGS):
        quotients = [
            (2**power * fine - coarse) / (2**power - 1)
            for coarse, fine in zip(quotients, quotients[1:], strict=False)
        ]
    return quotients[-1]


def _same(a: Array, b: Array) -> Any:
    return (a == b) | (np.isnan(a) & np.isnan(b))


def _difference(a: Array, b: Array) -> Array:
    return np.where(_same(a, b), 0.0, a - b)
