"""What the pictures share: elements, scales, and a mark for each backend.

Pictures are drawn as SVG inside the page, so that they take its colors, light or dark,
and say their numbers where the pointer rests.
"""

import dataclasses
import math
from collections.abc import Iterable
from html import escape

MARKS = {"tensorflow": "square", "jax": "circle", "torch": "triangle"}
"""Shapes, so that a picture printed in gray can be read; a diamond for the others."""


def element(name: str, content: str = "", **attributes: object) -> str:
    """An element; `content` is markup, and `_` in an attribute's name means `-`."""
    pairs = "".join(
        f' {key.strip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{pairs}>{content}</{name}>" if content else f"<{name}{pairs}/>"


def text(x: float, y: float, words: str, class_: str) -> str:
    """A line of text at a place."""
    return element("text", escape(words), x=x, y=y, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def picture(width: float, height: float, label: str, parts: Iterable[str]) -> str:
    """The whole of a picture, with a label for those who cannot see it."""
    title = element("title", escape(label))
    return element(
        "svg",
        title + "".join(parts),
        viewBox=f"0 0 {_text(width)} {_text(height)}",
        role="img",
        xmlns="http://www.w3.org/2000/svg",
    )


def mark(backend: str, x: float, y: float, title: str = "") -> str:
    """A backend's mark, with what it says under the pointer."""
    shape = MARKS.get(backend, "diamond")
    hover = element("title", escape(title)) if title else ""
    css = f"mark {css_name(backend)}"
    if shape == "circle":
        return element("circle", hover, cx=x, cy=y, r=4, class_=css)
    if shape == "square":
        side = 7
        left, top = x - side / 2, y - side / 2
        return element(
            "rect", hover, x=left, y=top, width=side, height=side, class_=css
        )
    corners = {
        "triangle": ((0, -4.6), (4.4, 3.4), (-4.4, 3.4)),
        "diamond": ((0, -4.6), (4.6, 0), (0, 4.6), (-4.6, 0)),
    }[shape]
    points = " ".join(f"{_text(x + dx)},{_text(y + dy)}" for dx, dy in corners)
    return element("polygon", hover, points=points, class_=css)


def css_name(backend: str) -> str:
    """The class that colors a backend."""
    return backend if backend in MARKS else "other"


@dataclasses.dataclass(frozen=True)
class Scale:
    """Places numbers between two pixels.

    Args:
        low: the least number.
        high: the greatest number.
        start: the pixel of `low`.
        end: the pixel of `high`.
        log: whether equal steps are equal ratios.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, x: float) -> float:
        if math.isnan(x):
            return self.end
        x = min(max(x, self.low), self.high)
        low, high = self._of(self.low), self._of(self.high)
        return self.start + (self.end - self.start) * (self._of(x) - low) / (high - low)

    def ticks(self) -> list[float]:
        """Powers of ten, or four to eight round numbers."""
        if self.log:
            first, last = (math.log10(x) for x in (self.low, self.high))
            step = 1 if last - first <= 9 else 2
            exponents = range(math.ceil(first), math.floor(last) + 1, step)
            return [10.0**exponent for exponent in exponents]
        least_step = 10.0 ** math.floor(math.log10((self.high - self.low) / 2))
        for factor in (1, 2, 5, 10):
            round_step = factor * least_step
            if (self.high - self.low) / round_step <= 6:
                break
        first, last = self.low / round_step, self.high / round_step
        return [
            number * round_step
            for number in range(math.ceil(first), math.floor(last) + 1)
        ]

    def _of(self, x: float) -> float:
        return math.log10(x) if self.log else x


def decades(errors: Iterable[float], at_least: float, at_most: float) -> list[float]:
    """Whole decades around errors, of which 0 and what is not finite are no part."""
    seen = [x for x in errors if 0 < x < math.inf]
    low = min([*seen, at_least])
    high = max([*seen, at_most])
    return [10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high))]


def _text(value: object) -> str:
    return (
        f"{value:.2f}".rstrip("0").rstrip(".")
        if isinstance(value, float)
        else f"{value}"
    )
