"""Values and gradients of two losses at the same inputs, and how far they differ."""

from typing import Any, NamedTuple

import numpy as np

from portable_losses.parity.examine.draws import Array, Pair
from portable_losses.parity.examine.float64 import wide
from portable_losses.parity.examine.kinds import KINDS

GRADIENT, VALUE = 2e-4, 2e-5
"""How far two float32 results may differ, relative to the largest."""

STEP, DIRECTIONS = 1e-5, 2

DRAWS = ("drawn 0", "drawn 1", "drawn 2")


class Point(NamedTuple):
    """Value and gradient at one input."""

    value: float
    gradient: Array


class Compared(NamedTuple):
    """A user's loss as `factor` times a loss of ours, plus `offset`."""

    factor: float
    offset: float
    gradient: float
    """The largest difference of gradients, relative to the user's largest gradient."""


def by_differences(fn: Any, t: Array, p: Array) -> Point:
    """The value, and its derivatives along some directions by float64 differences.

    Losses with the same values have the same differences. If a loss uses stop_gradient,
    its gradient differs from them; only a backend with gradients can compare that.
    """
    with wide():
        q = np.asarray(p, "float64")
        rng = np.random.default_rng(q.size)
        along = [
            (_number(fn, t, q + v) - _number(fn, t, q - v)) / (2.0 * STEP)
            for v in STEP * rng.normal(size=(DIRECTIONS, *q.shape))
        ]
        return Point(_number(fn, t, q), np.array(along))


def _number(fn: Any, t: Array, p: Array) -> float:
    return float(np.asarray(fn(t, p, None, None)))


def compared(theirs: list[Point], ours: list[Point]) -> Compared:
    """The factor between two losses, by least squares, and the remaining error."""
    g = np.concatenate([p.gradient.ravel() for p in theirs])
    h = np.concatenate([p.gradient.ravel() for p in ours])
    if g.shape != h.shape or not h.any():
        return Compared(1.0, 0.0, np.inf)
    factor = float(g @ h / (h @ h))
    left = float(np.abs(g - factor * h).max() / np.abs(g).max())
    pairs = zip(theirs, ours, strict=True)
    offset = float(np.mean([t.value - factor * o.value for t, o in pairs]))
    # With a negative factor they are different losses.
    return Compared(factor, offset, left if factor > 0 else np.inf)


def rounded(offset: float, theirs: list[Point]) -> float:
    """The offset, 0 if it is within rounding."""
    size = max(1e-3, *(abs(p.value) for p in theirs))
    return 0.0 if abs(offset) < 10 * VALUE * size else offset


def drawn(kind: str, draws: Any) -> list[Pair]:
    """Inputs of a kind, by their names."""
    inputs = KINDS[kind].inputs()
    return [inputs[name] for name in draws]
