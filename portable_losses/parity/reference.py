"""The reference of a loss: float64 items, value, gradient, one-sided derivatives."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from portable_losses.parity.case import Array

STEP = 1e-6
"""Relative step of the differences; float64 leaves 1e-10 of error."""

ELEMENTS = 16
"""How many elements of a large input are differentiated, one by one."""

DIRECTIONS = 4
"""Along how many random directions a large input is differentiated."""

Function = Callable[[Array], float]


@dataclasses.dataclass(frozen=True)
class Expected:
    """The reference at one input.

    Args:
        items: the items, with 0 where one is excluded, or the statistic.
        kept: which items count.
        value: the mean over the kept items, 0 if there are none.
        gradient: of the value, by central differences; NaN where it is not known.
        low: the smaller one-sided derivative of each element; -inf if unknown.
        high: the larger one-sided derivative of each element.
        directions: directions along which a large input was differentiated, stacked
            along the first axis; none if every element was differentiated.
        along: the derivative of the value along each direction.
    """

    items: Array
    kept: Array
    value: float
    gradient: Array
    low: Array
    high: Array
    directions: Array
    along: Array

    @property
    def sampled(self) -> bool:
        """Whether most elements have no derivative in the reference."""
        return len(self.directions) > 0

    @property
    def largest(self) -> float:
        """The largest item: the size against which cancellation is judged."""
        return float(np.max(np.abs(self.items), initial=0.0))


def expect(
    reference: Callable[..., Any],
    y_true: Array | None,
    y_pred: Array,
    *,
    sampled: bool = False,
) -> Expected:
    """Evaluate a case's reference and its derivatives in float64.

    A reference with a third argument gets the prediction a second time, as a constant:
    terms that the loss has under `stop_gradient` are computed from it.

    Args:
        reference: see `Case`.
        y_true: targets.
        y_pred: predictions.
        sampled: whether to differentiate at some elements and along some directions
            only, for an input of which every element would take too long.
    """
    p = np.asarray(y_pred, "float64")
    constant = (p,) if takes_frozen(reference) else ()

    def at(q: Array) -> float:
        return _mean(*_items(reference(y_true, q, *constant)))

    with np.errstate(all="ignore"):
        items, kept = _items(reference(y_true, p, *constant))
        value = _mean(items, kept)
        chosen, directions = _probes(p) if sampled else _everywhere(p)
        left, gradient, right = _differences(at, p, chosen, value)
        along = np.array([_along(at, p, direction) for direction in directions])
    both = np.stack([left, right])
    known = np.isfinite(both)
    low = np.where(known, both, np.inf).min(axis=0)
    high = np.where(known, both, -np.inf).max(axis=0)
    nothing = ~known.any(axis=0)
    return Expected(
        np.where(kept, items, 0.0) if items.ndim else items,
        kept,
        value,
        gradient,
        np.where(nothing, -np.inf, low),
        np.where(nothing, np.inf, high),
        directions,
        along,
    )


def along(
    reference: Callable[..., Any],
    y_true: Array | None,
    y_pred: Array,
    at: tuple[int, ...],
    points: Array,
) -> tuple[Array, Array]:
    """Value and gradient in float64 while the number at an index takes other values.

    The gradient is by central differences. At the boundary of the reference's domain it
    is the one-sided difference.
    """
    p = np.asarray(y_pred, "float64")
    values, gradients = np.full((2, len(points)), np.nan)
    with np.errstate(all="ignore"):
        for i, x in enumerate(points):
            q = p.copy()
            q[at] = x
            constant = (q,) if takes_frozen(reference) else ()

            def value(moved: float, q: Array = q, constant: Any = constant) -> float:
                r = q.copy()
                r[at] = moved
                return _mean(*_items(reference(y_true, r, *constant)))

            step = STEP * max(1.0, abs(float(x)))
            under, here, over = value(x - step), value(x), value(x + step)
            values[i] = here
            sides = ((over - under) / 2, over - here, here - under)
            known = [side for side in sides if np.isfinite(side)]
            gradients[i] = known[0] / step if known else np.nan
    return values, gradients


def takes_frozen(reference: Callable[..., Any]) -> bool:
    """Whether a reference takes the prediction a second time, as a constant."""
    parameters = inspect.signature(reference).parameters.values()
    positional = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    )
    needed = [p for p in parameters if p.kind in positional and p.default is p.empty]
    return len(needed) == 3


def _differences(
    f: Function, p: Array, chosen: Array, at: float
) -> tuple[Array, Array, Array]:
    """The left, central and right differences of `f`.

    Each needs two of the same three values. Elements that are not chosen are NaN.
    """
    steps = _steps(p)
    left, central, right = found = np.full((3, p.size), np.nan)
    for i in chosen:
        below, above = p.copy(), p.copy()
        below.flat[i] -= steps[i]
        above.flat[i] += steps[i]
        low, middle, high = below.flat[i], p.flat[i], above.flat[i]
        under, over = f(below), f(above)
        left[i] = (under - at) / _width(low, middle, -steps[i])
        central[i] = (over - under) / _width(high, low, 2 * steps[i])
        right[i] = (over - at) / _width(high, middle, steps[i])
    left, central, right = (side.reshape(p.shape) for side in found)
    return left, central, right


def _along(f: Function, p: Array, direction: Array) -> float:
    step = STEP * max(1.0, float(np.abs(p).max(initial=0.0)))
    return (f(p + step * direction) - f(p - step * direction)) / (2.0 * step)


def _everywhere(p: Array) -> tuple[Array, Array]:
    return np.arange(p.size), np.empty((0, *p.shape))


def _probes(p: Array) -> tuple[Array, Array]:
    """Some elements, and random directions of +-1, the same in every process."""
    rng = np.random.default_rng(p.size)
    chosen = rng.choice(p.size, size=min(ELEMENTS, p.size), replace=False)
    return chosen, rng.choice([-1.0, 1.0], size=(DIRECTIONS, *p.shape))


def _steps(p: Array) -> Array:
    size = np.where(np.isinf(p), 1.0, np.abs(p))
    return STEP * np.maximum(1.0, size).ravel()


def _width(a: float, b: float, step: float) -> float:
    """a - b; the step itself at an infinite element, which the step does not change."""
    return step if np.isinf(a) else a - b


def _items(result: Any) -> tuple[Array, Array]:
    items, kept = result if isinstance(result, tuple) else (result, None)
    items = np.asarray(items, "float64")
    kept = np.ones(items.shape, "bool") if kept is None else np.asarray(kept, "bool")
    return items, kept


def _mean(items: Array, kept: Array) -> float:
    if items.ndim == 0:
        return float(items)
    return float(np.sum(items[kept]) / max(int(kept.sum()), 1))
