"""Notes on curves: where they are not finite, have gradient 0, are flat, or differ."""

from collections.abc import Sequence

import numpy as np

from portable_losses.parity.page.plot import FLOAT64, KERAS, Line

ALIVE = 1e-3
"""A gradient counts as not 0 if it is more than this share of the largest one."""

DEAD = 1e-3
"""A gradient counts as 0 if it is less than this share of the one it is compared to."""


def not_finite(
    lines: Sequence[Line], points: np.ndarray, which: str, ours: str
) -> list[str]:
    """Lines that are not finite at some points where the reference is finite."""
    wanted = [line.numbers for line in lines if line.of == FLOAT64]
    said: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        if line.of == FLOAT64 or (line.of == KERAS and which == "gradient"):
            continue  # another note is about Keras's gradient
        broken = ~np.isfinite(line.numbers)
        if wanted:
            broken &= np.isfinite(wanted[0])
        if broken.any():
            bad = line.numbers[broken]
            kind = "NaN" if np.isnan(bad).any() else "infinite"
            words = f"is {kind} {ranges(points, broken)}"
            if line.of == KERAS:
                said.setdefault((line.name, words), [])
            else:
                said.setdefault((ours, words), []).append(line.name)
    return [
        f"The {which} of {whose}{f' on {listed(on)}' if on else ''} {words}."
        for (whose, words), on in said.items()
    ]


def apart(lines: Sequence[Line], points: np.ndarray) -> str:
    """Where the gradients of two backends visibly differ."""
    own = [line for line in lines if line.of not in (FLOAT64, KERAS)]
    if len(own) < 2:
        return ""
    stacked = np.stack([line.numbers for line in own])
    known = np.isfinite(stacked).all(axis=0)
    spread = np.ptp(np.where(known, stacked, 0.0), axis=0)
    size = np.max(np.abs(stacked[:, known]), initial=0.0)
    where = known & (spread > 0.02 * size)
    if not where.any():
        return ""
    at = int(np.argmax(np.where(where, spread, 0.0)))
    each = ", ".join(f"{line.numbers[at]:.4g} on {line.name}" for line in own)
    return (
        f"The gradients of the backends differ {ranges(points, where)}: {each} at "
        f"{points[at]:.4g}."
    )


def dying(
    lines: Sequence[Line], points: np.ndarray, bands: list[tuple[float, float]]
) -> dict[str, list[str]]:
    """Where the loss has gradient 0 and the other loss has not, with the backends."""
    found: dict[str, list[str]] = {}
    beside = [line for line in lines if line.of == KERAS]
    for line in (line for line in lines if line.of not in (FLOAT64, KERAS)):
        for other in beside:
            if other.backend not in ("", line.of):
                continue
            where = dead(other.numbers, line.numbers)
            if where.any():
                bands += runs(points, where)
                said = said_of_dead(points, where, line.numbers)
                found.setdefault(said, []).append(line.name)
    return found


def flat_range(
    lines: Sequence[Line],
    points: np.ndarray,
    ours: str,
    here: float | None,
    bands: list[tuple[float, float]],
) -> list[str]:
    """The range around the input in which a gradient is 0, right or wrong."""
    found: dict[tuple[float, float], list[str]] = {}
    for line in (line for line in lines if line.of not in (FLOAT64, KERAS)):
        size = np.abs(line.numbers)
        largest = np.max(size[np.isfinite(size)], initial=0.0)
        for low, high in runs(points, size <= 1e-6 * largest):
            if here is None or low <= here <= high:
                bands.append((low, high))
                found.setdefault((low, high), []).append(line.name)
    return [
        f"The gradient of {ours} on {listed(on)} is 0 {_range(low, high)}."
        for (low, high), on in found.items()
    ]


def dead(alive: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Where a gradient is 0 or not finite, and another is finite and not 0."""
    known = np.isfinite(alive)
    largest = np.max(np.abs(alive[known]), initial=0.0)
    lives = known & (np.abs(np.where(known, alive, 0.0)) > ALIVE * largest)
    with np.errstate(invalid="ignore"):
        return lives & ~(np.abs(other) > DEAD * np.abs(alive))


def runs(points: np.ndarray, where: np.ndarray) -> list[tuple[float, float]]:
    """The ranges of points at which a condition holds."""
    found: list[tuple[float, float]] = []
    begin = None
    for i, holds in enumerate([*where, False]):
        if holds and begin is None:
            begin = i
        elif not holds and begin is not None:
            found.append((float(points[begin]), float(points[i - 1])))
            begin = None
    return found


def said_of_dead(points: np.ndarray, where: np.ndarray, other: np.ndarray) -> str:
    """Where a gradient is 0, and where it is not finite."""
    parts = []
    for words, kind in (
        ("0", where & np.isfinite(other)),
        ("NaN", where & np.isnan(other)),
        ("infinite", where & np.isinf(other)),
    ):
        if kind.any():
            parts.append(f"{words} {ranges(points, kind)}")
    return " and ".join(parts)


def ranges(points: np.ndarray, where: np.ndarray) -> str:
    """The ranges of points at which a condition holds, in words."""
    found = [_range(low, high) for low, high in runs(points, where)]
    more = f" and in {len(found) - 3} more ranges" if len(found) > 3 else ""
    return listed(found[:3]) + more if not more else ", ".join(found[:3]) + more


def listed(words: Sequence[str]) -> str:
    """Words with `and` before the last one."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _range(low: float, high: float) -> str:
    return f"at {low:.4g}" if low == high else f"from {low:.4g} to {high:.4g}"
