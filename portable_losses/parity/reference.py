"""What a loss should be: float64 items, value, gradient and one-sided slopes."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from portable_losses.parity.case import Array

STEP = 1e-6
"""Relative step of the differences; float64 leaves 1e-10 of error."""


@dataclasses.dataclass(frozen=True)
class Expected:
    """The reference at one input.

    Args:
        items: the items with 0 where one is left out, or the statistic.
        kept: which items count.
        value: the mean over the kept items, 0 if there are none.
        gradient: of the value, by central differences.
        low: the lesser of the one-sided slopes of each element; -inf if unknown.
        high: the greater of the one-sided slopes.
    """

    items: Array
    kept: Array
    value: float
    gradient: Array
    low: Array
    high: Array

    @property
    def largest(self) -> float:
        """The largest item: the size against which cancellation is judged."""
        return float(np.max(np.abs(self.items), initial=0.0))


def expect(
    reference: Callable[[Any, Any], Any], y_true: Array | None, y_pred: Array
) -> Expected:
    """Evaluate a case's reference and its slopes in float64."""
    p = np.asarray(y_pred, "float64")
    with np.errstate(all="ignore"):
        items, kept = _items(reference, y_true, p)
        value = _mean(items, kept)

        def at(q: Array) -> float:
            return _mean(*_items(reference, y_true, q))

        right = _slopes(at, p, +1.0, value)
        left = _slopes(at, p, -1.0, value)
        gradient = central_differences(at, p)
    slopes = np.stack([left, right])
    known = np.isfinite(slopes)
    low = np.where(known, slopes, np.inf).min(axis=0)
    high = np.where(known, slopes, -np.inf).max(axis=0)
    nothing = ~known.any(axis=0)
    return Expected(
        np.where(kept, items, 0.0) if items.ndim else items,
        kept,
        value,
        gradient,
        np.where(nothing, -np.inf, low),
        np.where(nothing, np.inf, high),
    )


def central_differences(f: Callable[[Array], float], p: Array) -> Array:
    """The gradient of `f` at `p` in float64."""
    p = np.asarray(p, "float64")
    with np.errstate(all="ignore"):
        steps = _steps(p)
        gradient = np.empty(p.size)
        for i, h in enumerate(steps):
            above, below = p.copy(), p.copy()
            above.flat[i] += h
            below.flat[i] -= h
            width = _width(above.flat[i], below.flat[i], 2 * h)
            gradient[i] = (f(above) - f(below)) / width
    return gradient.reshape(p.shape)


def _slopes(f: Callable[[Array], float], p: Array, sign: float, at: float) -> Array:
    slopes = np.empty(p.size)
    for i, h in enumerate(_steps(p)):
        moved = p.copy()
        moved.flat[i] += sign * h
        slopes[i] = (f(moved) - at) / _width(moved.flat[i], p.flat[i], sign * h)
    return slopes.reshape(p.shape)


def _steps(p: Array) -> Array:
    size = np.where(np.isinf(p), 1.0, np.abs(p))
    return STEP * np.maximum(1.0, size).ravel()


def _width(a: float, b: float, step: float) -> float:
    """a - b; the step itself where it moves nothing, at an infinity."""
    return step if np.isinf(a) else a - b


def _items(
    reference: Callable[[Any, Any], Any], y_true: Array | None, p: Array
) -> tuple[Array, Array]:
    result = reference(y_true, p)
    items, kept = result if isinstance(result, tuple) else (result, None)
    items = np.asarray(items, "float64")
    kept = np.ones(items.shape, "bool") if kept is None else np.asarray(kept, "bool")
    return items, kept


def _mean(items: Array, kept: Array) -> float:
    if items.ndim == 0:
        return float(items)
    return float(np.sum(items[kept]) / max(int(kept.sum()), 1))
