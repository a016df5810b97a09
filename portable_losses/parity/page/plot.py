"""Curves as SVG: value and gradient while one number of the prediction varies.

The SVG is small, so that hundreds fit into a page, and follows its light or dark style.
Lines that coincide show all their colors: their dashes alternate.
"""

import dataclasses
import math
from collections.abc import Sequence
from html import escape

import numpy as np

from portable_losses.parity.page.colors import MARKS, name_of

WIDTH, HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 56, 10, 8, 26
ROW = 9
"""The height of a line's row in the strip that marks points that are not finite."""
DASH = 6
FLOAT64, KERAS = "float64", "keras"

SHAPES = {
    "s": "M-3.4-3.4h6.8v6.8h-6.8z",
    "o": "M-3.8 0a3.8 3.8 0 1 0 7.6 0a3.8 3.8 0 1 0-7.6 0",
    "^": "M0-4.4L4.2 3.4H-4.2z",
    "D": "M0-4.4L4.4 0L0 4.4L-4.4 0z",
}


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of a picture.

    Args:
        name: what the legend calls it.
        of: the backend, `float64`, or `keras`.
        backend: the backend, for a line of Keras's loss that only one backend has.
        numbers: the numbers at the points; NaN and infinities are marked, not drawn.
    """

    name: str
    of: str
    numbers: np.ndarray
    backend: str = ""

    @property
    def color(self) -> str:
        """A color of the page, as CSS has it."""
        if self.of == FLOAT64:
            return "var(--halo)"
        if self.of == KERAS and not self.backend:
            return "var(--ink)"
        return f"var(--{name_of(self.backend or self.of)})"

    @property
    def shape(self) -> str:
        """The SVG path of the marks; empty without marks."""
        return "" if self.of in (FLOAT64, KERAS) else SHAPES[MARKS.get(self.of, "D")]


def plot(
    title: str,
    points: np.ndarray,
    lines: Sequence[Line],
    bands: Sequence[tuple[float, float]] = (),
    here: float | None = None,
) -> str:
    """Draw lines over points.

    Args:
        title: what the picture is, for screen readers.
        points: where the lines were measured.
        lines: the lines, those in front last.
        bands: ranges of x with a colored background.
        here: the x of the input itself, marked by a small arrow.
    """
    broken = [line for line in lines if not np.isfinite(line.numbers).all()]
    strip = ROW * len(broken) + 6 if broken else 0
    height = HEIGHT + strip
    top, bottom = TOP + strip, height - BOTTOM
    low, high = _range([line.numbers for line in lines])
    first, last = float(points[0]), float(points[-1])

    def across(x: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (x - first) / ((last - first) or 1.0)

    def up(y: float) -> float:
        share = min(max((y - low) / (high - low), -2.0), 3.0)
        return bottom - (bottom - top) * share

    out = [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" data-left="{LEFT}" '
        f'data-right="{WIDTH - RIGHT}" data-top="{top}" data-bottom="{bottom}">'
    ]
    half = abs(across(float(points[1])) - across(first)) / 2 if len(points) > 1 else 2
    for begin, end in bands:
        left = max(across(begin) - half, LEFT)
        right = min(across(end) + half, WIDTH - RIGHT)
        out.append(
            f'<rect class="band" x="{left:.1f}" y="{top}" width="{right - left:.1f}" '
            f'height="{bottom - top}"/>'
        )
    for y in ticks(low, high, 4):
        out.append(
            f'<path class="grid" d="M{LEFT} {up(y):.1f}H{WIDTH - RIGHT}"/>'
            f'<text x="{LEFT - 7}" y="{up(y) + 4:.1f}" text-anchor="end">'
            f"{written(y)}</text>"
        )
    for x in ticks(first, last, 6):
        out.append(
            f'<path class="tick" d="M{across(x):.1f} {bottom}v4"/>'
            f'<text x="{across(x):.1f}" y="{height - 8}" text-anchor="middle">'
            f"{written(x)}</text>"
        )
    out.append(f'<path class="axis" d="M{LEFT} {bottom}H{WIDTH - RIGHT}"/>')
    inside = f'x="{LEFT}" y="{top}" width="{WIDTH - LEFT - RIGHT}"'
    inside += f' height="{bottom - top}"'
    box = f"{LEFT} {top} {WIDTH - LEFT - RIGHT} {bottom - top}"
    out.append(f'<svg {inside} viewBox="{box}">')
    turns = [line for line in lines if line.of not in (FLOAT64, KERAS)]
    for line in lines:
        path = _path(
            [(across(x), y) for x, y in zip(points, line.numbers, strict=True)], up
        )
        out.append(f'<path d="{path}" {_look(line, turns)}/>')
    out.append("</svg>")
    for line in lines:
        out += _marks(line, turns, points, across, up, (low, high))
    for row, line in enumerate(broken):
        out += _not_finite(line, points, across, top - 8 - ROW * row)
    if here is not None and first <= here <= last:
        arrow = f"M{across(here):.1f} {bottom + 1}l-4 7h8z"
        out.append(f'<path class="here" d="{arrow}"><title>the input</title></path>')
    if strip:
        out.append(
            f'<text class="said" x="{LEFT - 7}" y="{top - 6}" text-anchor="end">'
            "NaN, inf</text>"
        )
    return "".join([*out, "</svg>"])


def swatch(line: Line) -> str:
    """The line of a legend."""
    shape = f'<path d="{line.shape}" transform="translate(15 7)" fill="{line.color}"/>'
    return (
        '<svg class="swatch" viewBox="0 0 30 14" aria-hidden="true">'
        f'<path d="M1 7H29" {_look(line, [line])}/>{shape if line.shape else ""}</svg>'
    )


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two others, `most` of them at most."""
    step = 10.0 ** math.floor(math.log10((high - low) / most or 1.0))
    for times in (1, 2, 5, 10, 20):
        found = math.floor(high / (step * times)) - math.ceil(low / (step * times)) + 1
        if found <= most:
            step *= times
            break
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def written(x: float) -> str:
    """The label of a tick, as short text."""
    if abs(x) < 1e-12:
        return "0"
    text = f"{x:.4g}"
    if len(text) > 6:
        text = f"{x:.1e}".replace("e-0", "e-").replace("e+0", "e")
    return text.replace("-", "\N{MINUS SIGN}")


def _range(every: Sequence[np.ndarray]) -> tuple[float, float]:
    """The range of the y axis; a few numbers far from the others are cut off."""
    numbers = np.concatenate([x[np.isfinite(x)] for x in every] or [np.zeros(1)])
    if not len(numbers):
        return 0.0, 1.0
    near, far = np.quantile(numbers, [0.1, 0.9])
    room = 2.0 * (far - near) if far > near else np.inf
    low = float(max(numbers.min(), near - room))
    high = float(min(numbers.max(), far + room))
    # The axis is not scaled to the float32 rounding errors of a constant.
    least = max(2e-5 * max(abs(low), abs(high)), 1e-30)
    if high - low < least:
        middle, half = (low + high) / 2, max(abs(low), abs(high), 1e-6) / 2
        return middle - half, middle + half
    air = 0.06 * (high - low)
    return low - air, high + air


def _path(placed: list[tuple[float, float]], up: object) -> str:
    parts, pen = [], False
    for x, y in placed:
        if np.isfinite(y):
            parts.append(f"{'L' if pen else 'M'}{x:.1f} {up(y):.1f}")  # type: ignore[operator]  # the caller's function
        pen = bool(np.isfinite(y))
    return "".join(parts)


def _look(line: Line, turns: Sequence[Line]) -> str:
    look = f'fill="none" stroke="{line.color}"'
    if line.of == FLOAT64:
        return f'{look} stroke-width="8" stroke-linejoin="round"'
    if line.of == KERAS:
        return f'{look} stroke-width="2" stroke-dasharray="1 4" stroke-linecap="round"'
    look += ' stroke-width="2.4"'
    if len(turns) > 1 and line in turns:
        turn = [other is line for other in turns].index(True)
        gap = DASH * (len(turns) - 1)
        look += f' stroke-dasharray="{DASH} {gap}" stroke-dashoffset="{-DASH * turn}"'
    return look


def _marks(
    line: Line,
    turns: Sequence[Line],
    points: np.ndarray,
    across: object,
    up: object,
    limits: tuple[float, float],
) -> list[str]:
    """A mark at every eighth point, at different points for each backend."""
    if not line.shape:
        return []
    turn = [other is line for other in turns].index(True)
    found = []
    for i in range(2 + 3 * turn, len(points), 9):
        y = float(line.numbers[i])
        if np.isfinite(y) and limits[0] <= y <= limits[1]:
            at = f"translate({across(points[i]):.1f} {up(y):.1f})"  # type: ignore[operator]  # the caller's functions
            found.append(
                f'<path d="{line.shape}" transform="{at}" fill="{line.color}"/>'
            )
    return found


def _not_finite(line: Line, points: np.ndarray, across: object, y: float) -> list[str]:
    """A cross in the strip for each point without a number."""
    found = []
    for x, number in zip(points, line.numbers, strict=True):
        if not np.isfinite(number):
            at = f"translate({across(x):.1f} {y})"  # type: ignore[operator]  # the caller's function
            found.append(
                f'<path class="cross" d="M-3-3L3 3M3-3L-3 3" transform="{at}" '
                f'stroke="{line.color}"/>'
            )
    return found
