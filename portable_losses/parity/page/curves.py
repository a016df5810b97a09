"""The picture of a loss: the curves by backend, and notes on what they show."""

import dataclasses
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from portable_losses.parity.page.plot import FLOAT64, KERAS, Line, plot, swatch
from portable_losses.parity.page.seen import (
    apart,
    dead,
    dying,
    flat_range,
    listed,
    not_finite,
    ranges,
    runs,
    said_of_dead,
)

Measured = Mapping[str, Mapping[str, Any]]
"""By backend: `points`, `ours`, perhaps `keras`; on NumPy `ours` is the reference."""


@dataclasses.dataclass(frozen=True)
class Curves:
    """The curves of a loss, ready to be shown.

    Args:
        pictures: the SVG of the value and that of the gradient.
        legend: the names of the lines, as HTML.
        notes: what the curves show, in sentences.
        points: where they were measured.
        lines: the numbers by the name of a line, then `value` and `gradient`.
        keras_fails: at how many points, over all backends, Keras's gradient is 0 or not
            finite and ours is finite and not 0.
        here: the value in the input itself, which is one of the points.
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
    """Draw the measured curves; None if there are none.

    Args:
        name: name of the loss.
        found: the measured curves.
        ours: label of the loss.
        theirs: label of the loss drawn for comparison.
        flat: whether to mark where the gradient is 0 around the input, even if it is 0
            in float64 too. A loss may have gradient 0 on purpose; set this if a check
            found that it is a fault.
    """
    able = {b: each for b, each in found.items() if "ours" in each}
    if not able:
        return None
    first = next(iter(able.values()))["points"]
    able = {b: each for b, each in able.items() if each["points"] == first}
    points = np.asarray(first, "float64")
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
        notes += not_finite(both[which], points, which, ours)
    difference = apart(both["gradient"], points)
    if difference:
        notes.append(difference)
    own = "ours" if ours == "ours" else f"that of {ours}"
    failing: dict[str, list[str]] = {}
    for line in (line for line in both["gradient"] if line.of == KERAS):
        where = dead(_mine(both["gradient"], line), line.numbers)
        if where.any():
            fails += int(where.sum())
            bands += runs(points, where)
            said = said_of_dead(points, where, line.numbers)
            failing.setdefault(said, []).append(line.backend)
    for said, on in failing.items():
        where_it_is = f" on {listed(on)}" if any(on) else ""
        notes.append(
            f"The gradient of {theirs}{where_it_is} is {said}, where {own} is alive."
        )
    beaten = dying(both["gradient"], points, bands)
    for said, on in beaten.items():
        notes.append(
            f"The gradient of {ours} on {listed(on)} is {said}, where that of "
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
                f"The gradient of {ours} on {line.name} is 0 {ranges(points, where)}, "
                "where that in float64 is not."
            )
    if flat and not beaten:
        notes += flat_range(both["gradient"], points, ours, here, bands)
    legend = "".join(
        f"<li>{swatch(line)}{escape(line.name)}</li>" for line in both["value"]
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


# --- lines ----------------------------------------------------------------------------


def _of_keras(backends: Measured, which: str, theirs: str) -> list[Line]:
    """Keras's lines: one where all backends have the same."""
    found = {
        b: _of(each, "keras", which) for b, each in backends.items() if "keras" in each
    }
    if not found:
        return []
    # Lines are merged only if value and gradient are both equal, so that both
    # pictures have the same lines.
    alike = all(
        _same([_of(each, "keras", w) for each in backends.values() if "keras" in each])
        for w in ("value", "gradient")
    )
    if alike:
        return [Line(theirs, KERAS, next(iter(found.values())))]
    return [Line(f"{theirs} on {b}", KERAS, numbers, b) for b, numbers in found.items()]


def _same(every: Sequence[np.ndarray]) -> bool:
    first, *others = every
    size = np.max(np.abs(first[np.isfinite(first)]), initial=0.0)
    return all(
        np.allclose(first, other, rtol=2e-3, atol=1e-4 * size, equal_nan=True)
        for other in others
    )


def _mine(lines: Sequence[Line], keras: Line) -> np.ndarray:
    """Our line to compare with one of Keras's: that of its backend, or the first."""
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
