"""The curve of a loss: value and gradient while one number of the prediction moves."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from portable_losses.parity.case import Array

POINTS = 41
"""Points of a curve: an odd number, so that the middle of a range is one of them."""

AROUND = 4.0
"""How far a prediction of any size moves to either side."""

LOGITS = 30.0
"""How far logits move: beyond 17, float32 has no probability between them and 1."""

Line = dict[str, list[float | str]]
"""`value` and `gradient` at the points; what is not finite is a word."""


def line(
    evaluate: Callable[[Array], tuple[Any, Any]],
    p: Array,
    at: tuple[int, ...],
    points: Array,
) -> Line:
    """Value and gradient while the number at an index moves."""
    values, gradients = [], []
    for x in points:
        q = p.copy()
        q[at] = x
        value, gradient = evaluate(q)
        values.append(float(value))
        gradients.append(float(np.asarray(gradient)[at]))
    return {"value": shown(values), "gradient": shown(gradients)}


def steepest(gradient: Array) -> tuple[int, ...]:
    """The index of the largest element of a gradient, of which some may be unknown."""
    size = np.abs(np.where(np.isfinite(gradient), gradient, 0.0))
    return tuple(int(i) for i in np.unravel_index(np.argmax(size), size.shape))


def takes_logits(loss: Any) -> bool:
    """Whether a loss says of its arguments that predictions are logits."""
    of_logits = getattr(loss, "from_logits", False) is True
    return of_logits or getattr(loss, "activation", None) is not None


def span(
    t: Any,
    p: Array,
    at: tuple[int, ...],
    edges: Iterable[Any] = (),
    logits: bool = False,
) -> Array:
    """Where the number moves: the range of probabilities, of rates, or around it.

    What it was is a point too, and its target, where losses have corners.
    """
    points = list(_range(p, at, edges, logits))
    own = [float(p[at])]
    if np.shape(t) == np.shape(p):
        own.append(float(t[at]))
    points += [x for x in own if points[0] <= x <= points[-1]]
    return np.unique(np.asarray(points, "float32")).astype("float64")


def _range(p: Array, at: tuple[int, ...], edges: Iterable[Any], logits: bool) -> Array:
    every = [np.ravel(p), *(np.ravel(np.asarray(q, "float64")) for _, q in edges)]
    numbers = np.concatenate(every)
    numbers = numbers[np.isfinite(numbers)]
    low, high = float(numbers.min(initial=0.0)), float(numbers.max(initial=0.0))
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
    """Numbers of JSON, with the digits that a picture shows, and words for others."""
    return [
        float(f"{x:.6g}") if math.isfinite(x) else str(float(x))
        for x in map(float, numbers)
    ]
