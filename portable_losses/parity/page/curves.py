"""The picture of a loss: what was measured by backend, and what it shows in words."""

import dataclasses
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from portable_losses.parity.page.plot import FLOAT64, KERAS, Line, plot, swatch

ALIVE = 1e-3
"""A gradient is alive that is more than this share of the largest one."""

DEAD = 1e-3
"""A gradient is dead that is less than this share of the one beside it."""

Measured = Mapping[str, Mapping[str, Any]]
"""By backend: `points`, `ours` and perhaps `keras`; that of NumPy is the reference."""


@dataclasses.dataclass(frozen=True)
class Curves:
    """The curves of a loss, ready to be shown.

    Args:
        pictures: the SVG of the value and that of the gradient.
        legend: the names of the lines, as HTML.
        notes: what a reader should see in them, in sentences.
        points: where they were measured.
        lines: the numbers by the name of a line, then `value` and `gradient`.
        keras_fails: at how many points Keras's gradient is 0 or not finite where ours is
            alive, over all backends.
        here: the number of the input itself, among the points.
    """

    pictures: tuple[str, str]
    legend: str
    notes: tuple[str, ...]
    points: list[float]
    lines: dict[str, dict[str, list[Any]]]
    keras_fails: int
    here: float | None

    def as_json(self) -> dict[str, Any]:
        """For the script of a page."""
        return dataclasses.asdict(self)


def curves(
    name: str,
    found: Measured,
    ours: str = "the loss",
    theirs: str = "Keras",
    flat: bool = False,
) -> Curves | None:
    """Draw what was measured; None where nothing was.

    Args:
        name: of the loss.
        found: what was measured.
        ours: what to call the loss.
        theirs: what to call the loss beside it.
        flat: whether to mark where the gradient is 0 though that in float64 is too:
            losses may mean it, and it is a fault where a check says so.
    """
    able = {b: each for b, each in found.items() if "ours" in each}
    if not able:
        return None
    points = np.asarray(next(iter(able.values()))["points"], "float64")
    here = next(iter(able.values())).get("here")
    both: dict[str, list[Line]] = {}
    bands: list[tuple[float, float]] = []
    notes: list[str] = []
    fails = 0
    for which in ("value", "gradient"):
        lines = []
        if "numpy" in able:
            lines.append(Line(FLOAT64, FLOAT64, _of(able["numpy"], "ours", which)))
        backends = {b: each for b, each in able.items() if b != "numpy"}
        lines += [Line(b, b, _of(each, "ours", which)) for b, each in backends.items()]
        lines += _of_keras(backends, which, theirs)
        both[which] = lines
    for which in ("value", "gradient"):
        notes += _of_numbers(both[which], points, which, ours)
    apart = _apart(both["gradient"], points)
    if apart:
        notes.append(apart)
    own = "ours" if ours == "ours" else f"that of {ours}"
    failing: dict[str, list[str]] = {}
    for line in (line for line in both["gradient"] if line.of == KERAS):
        where = dead(_mine(both["gradient"], line), line.numbers)
        if where.any():
            fails += int(where.sum())
            bands += runs(points, where)
            said = _said_of_dead(points, where, line.numbers)
            failing.setdefault(said, []).append(line.backend)
    for said, on in failing.items():
        where_it_is = f" on {_listed(on)}" if any(on) else ""
        notes.append(
            f"The gradient of {theirs}{where_it_is} is {said}, where {own} is alive."
        )
    for said, on in _dying(both["gradient"], points, bands).items():
        notes.append(
            f"The gradient of {ours} on {_listed(on)} is {said}, where that of "
            f"{theirs} is alive."
        )
    wanted = [line.numbers for line in both["gradient"] if line.of == FLOAT64]
    for line in both["gradient"]:
        if line.of in (FLOAT64, KERAS) or not wanted:
            continue
        where = dead(wanted[0], line.numbers) & np.isfinite(line.numbers)
        if where.any():
            bands += runs(points, where)
            notes.append(
                f"The gradient of {ours} on {line.name} is 0 {_ranges(points, where)}, "
                "where that in float64 is not."
            )
    if flat:
        notes += _flat(both["gradient"], points, ours, bands)
    turns = [line for line in both["value"] if line.of not in (FLOAT64, KERAS)]
    legend = "".join(
        f"<li>{swatch(line, turns)}{escape(line.name)}</li>" for line in both["value"]
    )
    every = {
        line.name: {
            "value": _plain(line.numbers),
            "gradient": _plain(other.numbers),
        }
        for line, other in zip(both["value"], both["gradient"], strict=True)
    }
    return Curves(
        pictures=(
            plot(f"The value of {name}", points, both["value"], (), here),
            plot(f"The gradient of {name}", points, both["gradient"], bands, here),
        ),
        legend=f'<ul class="names">{legend}</ul>',
        notes=tuple(dict.fromkeys(notes)),
        points=[float(x) for x in points],
        lines=every,
        keras_fails=fails,
        here=here,
    )


def _dying(
    lines: Sequence[Line], points: np.ndarray, bands: list[tuple[float, float]]
) -> dict[str, list[str]]:
    """Where the loss itself is dead beside one that is not, and on which backends."""
    found: dict[str, list[str]] = {}
    beside = [line for line in lines if line.of == KERAS]
    for line in (line for line in lines if line.of not in (FLOAT64, KERAS)):
        for other in beside:
            if other.backend not in ("", line.of):
                continue
            where = dead(other.numbers, line.numbers)
            if where.any():
                bands += runs(points, where)
                said = _said_of_dead(points, where, line.numbers)
                found.setdefault(said, []).append(line.name)
    return found


def _flat(
    lines: Sequence[Line],
    points: np.ndarray,
    ours: str,
    bands: list[tuple[float, float]],
) -> list[str]:
    """Where the gradient of a loss is 0, whatever it should be."""
    found: dict[str, list[str]] = {}
    for line in (line for line in lines if line.of not in (FLOAT64, KERAS)):
        size = np.abs(line.numbers)
        largest = np.max(size[np.isfinite(size)], initial=0.0)
        where = size <= 1e-6 * largest
        if where.any():
            bands += runs(points, where)
            found.setdefault(_ranges(points, where), []).append(line.name)
    return [
        f"The gradient of {ours} on {_listed(on)} is 0 {where}."
        for where, on in found.items()
    ]


def dies(measured: Mapping[str, Any]) -> bool:
    """Whether Keras's gradient is 0 or not finite somewhere where ours is not."""
    if "keras" not in measured:
        return False
    ours, theirs = (_of(measured, whose, "gradient") for whose in ("ours", "keras"))
    return bool(dead(ours, theirs).any())


def dead(alive: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Where a gradient is 0, or no number, while another is alive."""
    known = np.isfinite(alive)
    largest = np.max(np.abs(alive[known]), initial=0.0)
    lives = known & (np.abs(np.where(known, alive, 0.0)) > ALIVE * largest)
    with np.errstate(invalid="ignore"):
        return lives & ~(np.abs(other) > DEAD * np.abs(alive))


def runs(points: np.ndarray, where: np.ndarray) -> list[tuple[float, float]]:
    """The ranges of points at which something holds."""
    found: list[tuple[float, float]] = []
    begin = None
    for i, holds in enumerate([*where, False]):
        if holds and begin is None:
            begin = i
        elif not holds and begin is not None:
            found.append((float(points[begin]), float(points[i - 1])))
            begin = None
    return found


# --- what the pictures show, in words -------------------------------------------------


def _of_numbers(
    lines: Sequence[Line], points: np.ndarray, which: str, ours: str
) -> list[str]:
    """Which lines have points without a number; a reference without one is right."""
    wanted = [line.numbers for line in lines if line.of == FLOAT64]
    said: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        if line.of == FLOAT64:
            continue
        broken = ~np.isfinite(line.numbers)
        if wanted:
            broken &= np.isfinite(wanted[0])
        if broken.any():
            bad = line.numbers[broken]
            kind = "NaN" if np.isnan(bad).any() else "infinite"
            words = f"is {kind} {_ranges(points, broken)}"
            if line.of == KERAS:
                said.setdefault((line.name, words), [])
            else:
                said.setdefault((ours, words), []).append(line.name)
    return [
        f"The {which} of {whose}{f' on {_listed(on)}' if on else ''} {words}."
        for (whose, words), on in said.items()
    ]


def _apart(lines: Sequence[Line], points: np.ndarray) -> str:
    """Where the gradients of two backends are visibly apart."""
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
        f"The gradients of the backends differ {_ranges(points, where)}: {each} at "
        f"{points[at]:.4g}."
    )


def _said_of_dead(points: np.ndarray, where: np.ndarray, other: np.ndarray) -> str:
    parts = []
    for words, kind in (
        ("0", where & np.isfinite(other)),
        ("NaN", where & np.isnan(other)),
        ("infinite", where & np.isinf(other)),
    ):
        if kind.any():
            parts.append(f"{words} {_ranges(points, kind)}")
    return " and ".join(parts)


def _ranges(points: np.ndarray, where: np.ndarray) -> str:
    found = [
        f"at {a:.4g}" if a == b else f"from {a:.4g} to {b:.4g}"
        for a, b in runs(points, where)
    ]
    more = f" and in {len(found) - 3} more ranges" if len(found) > 3 else ""
    return _listed(found[:3]) + more if not more else ", ".join(found[:3]) + more


def _listed(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


# --- lines ----------------------------------------------------------------------------


def _of_keras(backends: Measured, which: str, theirs: str) -> list[Line]:
    """Keras's lines: one where all backends have the same."""
    found = {
        b: _of(each, "keras", which) for b, each in backends.items() if "keras" in each
    }
    if not found:
        return []
    # Value and gradient decide together, so that both pictures have the same lines.
    alike = all(
        _same([_of(each, "keras", w) for each in backends.values() if "keras" in each])
        for w in ("value", "gradient")
    )
    if alike:
        return [Line(theirs, KERAS, next(iter(found.values())))]
    return [
        Line(f"{theirs} on {b}", KERAS, numbers, b) for b, numbers in found.items()
    ]


def _same(every: Sequence[np.ndarray]) -> bool:
    first, *others = every
    size = np.max(np.abs(first[np.isfinite(first)]), initial=0.0)
    return all(
        np.allclose(first, other, rtol=2e-3, atol=1e-4 * size, equal_nan=True)
        for other in others
    )


def _mine(lines: Sequence[Line], keras: Line) -> np.ndarray:
    """Our line beside one of Keras's: that of its backend, or the first."""
    own = [line for line in lines if line.of not in (FLOAT64, KERAS)]
    for line in own:
        if keras.backend == line.of:
            return line.numbers
    return own[0].numbers


def _of(each: Mapping[str, Any], whose: str, which: str) -> np.ndarray:
    found = each[whose][which]
    return np.array([np.nan if x is None else float(x) for x in found])


def _plain(numbers: np.ndarray) -> list[Any]:
    return [float(f"{x:.5g}") if np.isfinite(x) else str(float(x)) for x in numbers]
