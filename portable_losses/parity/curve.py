"""The curve of a loss: value and gradient while one number of the prediction varies."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from portable_losses.parity.case import Array

POINTS = 41
"""Number of points of a curve; odd, so that the middle of the range is a point."""

AROUND = 4.0
"""How far an unbounded prediction varies to each side."""

LOGITS = 30.0
"""Range of logits: beyond 17, the sigmoid rounds to 1 in float32."""

Line = dict[str, list[float | str]]
"""`value` and `gradient` at the points; inf and NaN are strings."""


def line(
    evaluate: Callable[[Array], tuple[Any, Any]],
    p: Array,
    at: tuple[int, ...],
    points: Array,
) -> Line:
    """Value and gradient while the number at an index varies."""
    values, gradients = [], []
    for x in points:
        q = p.copy()
        q[at] = x
        value, gradient = evaluate(q)
        values.append(float(value))
        gradients.append(float(np.asarray(gradient)[at]))
    return {"value": shown(values), "gradient": shown(gradients)}


def steepest(gradient: Array) -> tuple[int, ...]:
    """The index of the largest element of a gradient; unknown elements are NaN."""
    size = np.abs(np.where(np.isfinite(gradient), gradient, 0.0))
    return tuple(int(i) for i in np.unravel_index(np.argmax(size), size.shape))


def takes_logits(loss: Any) -> bool:
    """Whether a loss says of its arguments that predictions are logits."""
    of_logits = getattr(loss, "from_logits", False) is True
    return of_logits or getattr(loss, "activation", None) is not None


def takes_cosines(loss: Any) -> bool:
    """Whether the class of a loss declares that it takes cosines only."""
    return getattr(loss, "prediction_domain", "") == "cosines"


def span(
    t: Any,
    p: Array,
    at: tuple[int, ...],
    edges: Iterable[Any] = (),
    logits: bool = False,
    cosines: bool = False,
) -> Array:
    """The values that the number takes: probabilities, rates, or values around it.

    Its drawn value and its target are points too: many losses have a non-differentiable
    point at the target.
    """
    points = list(_range(p, at, edges, logits, cosines))
    own = [float(p[at])]
    if np.shape(t) == np.shape(p):
        own.append(float(t[at]))
    points += [x for x in own if points[0] <= x <= points[-1]]
    return np.unique(np.asarray(points, "float32")).astype("float64")


def _range(
    p: Array, at: tuple[int, ...], edges: Iterable[Any], logits: bool, cosines: bool
) -> Array:
    every = [np.ravel(p), *(np.ravel(np.asarray(q, "float64")) for _, q in edges)]
    numbers = np.concatenate(every)
    numbers = numbers[np.isfinite(numbers)]
    low, high = float(numbers.min(initial=0.0)), float(numbers.max(initial=0.0))
    if cosines:  # of which a loss says, after scaling, that they are logits
        return np.linspace(-1.0, 1.0, POINTS)
    if logits:
        return np.linspace(-LOGITS, LOGITS, POINTS)
    if low >= 0 and high <= 1:
        return np.linspace(0.0, 1.0, POINTS)
    here = float(p[at]) if np.isfinite(p[at]) else 0.0
    if low >= 0:
        return np.linspace(0.0, max(5.0, here), POINTS)
    if -1 <= low and high <= 1:
        return np.linspace(-1.0, 1.0, POINTS)
    return here + np.linspace(-AROUND, AROUND, POINTS)


def shown(numbers: Iterable[float]) -> list[float | str]:
    """Numbers for JSON, rounded to the digits a plot needs; inf and NaN as strings."""
    return [
        float(f"{x:.6g}") if math.isfinite(x) else str(float(x))
        for x in map(float, numbers)
    ]
