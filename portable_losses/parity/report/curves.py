"""The picture of training on a data set: the curves, and how far they are apart."""

from portable_losses.parity.report.model import Training
from portable_losses.parity.report.numbers import brief
from portable_losses.parity.report.svg import (
    Scale,
    css_name,
    decades,
    element,
    line,
    picture,
    text,
)

WIDTH, LEFT, UPPER, BETWEEN, LOWER, TOP = 340, 40, 130, 40, 80, 22
"""Pixels: the width, the room for numbers, and the heights from top to bottom."""

DASH = 7
"""Pixels of a dash: backends take turns, so that curves which are one are all seen."""


def curves(name: str, training: Training) -> str:
    """Draw the loss by step, and below it the differences from the first backend."""
    drawn = {b: curve for b, curve in training["curves"].items() if curve}
    steps = max(map(len, drawn.values()), default=0)
    if steps < 2:
        return ""
    along = Scale(0, steps - 1, LEFT, WIDTH - 6)
    every = [x for curve in drawn.values() for x in curve]
    upper = Scale(min(0.0, *every), max(every) or 1.0, TOP + UPPER, TOP)
    parts = [text(LEFT, 12, "loss", class_="title"), _grid(upper, along)]
    for number, (backend, curve) in enumerate(drawn.items()):
        parts.append(_curve(backend, curve, along, upper, turn=(number, len(drawn))))
    parts.append(_differences(training, drawn, along))
    height = TOP + UPPER + BETWEEN + LOWER + 34
    parts.append(text(WIDTH - 6, height - 2, "step", class_="tick end"))
    return picture(WIDTH, height, f"Training on {name}", parts)


def _differences(
    training: Training, drawn: dict[str, list[float]], along: Scale
) -> str:
    first, *others = drawn
    start = abs(drawn[first][0]) or 1.0
    top = TOP + UPPER + BETWEEN
    apart = {
        backend: [
            abs(a - b) / start
            for a, b in zip(drawn[backend], drawn[first], strict=False)
        ]
        for backend in others
    }
    limit = training["tolerance"]
    seen = [x for curve in apart.values() for x in curve]
    low, high = decades([x for x in seen if x > 1e-9], limit / 1e3, 2 * limit)
    scale = Scale(low, high, top + LOWER, top, log=True)
    title = f"difference from {first}, of the first loss"
    parts = [text(LEFT, top - 10, title, class_="title"), _grid(scale, along)]
    y = scale(limit)
    parts.append(line(LEFT, y, WIDTH - 6, y, class_="limit"))
    for backend, curve in apart.items():
        parts.append(_curve(backend, curve, along, scale))
    for tick in along.ticks():
        parts.append(text(along(tick), top + LOWER + 16, f"{tick:g}", class_="tick"))
    return element("g", "".join(parts))


def _grid(scale: Scale, along: Scale) -> str:
    parts = []
    ticks = scale.ticks()
    for tick in ticks[:: 1 + len(ticks) // 6]:
        y = scale(tick)
        words = brief(tick, 1) if scale.log else f"{tick:.3g}"
        parts.append(line(along.start, y, along.end, y, class_="grid"))
        parts.append(text(along.start - 6, y + 4, words, class_="tick end"))
    return "".join(parts)


def _curve(
    backend: str,
    curve: list[float],
    along: Scale,
    scale: Scale,
    turn: tuple[int, int] = (0, 1),
) -> str:
    points = " ".join(
        f"{along(step):.1f},{scale(x):.1f}" for step, x in enumerate(curve)
    )
    css = f"curve {css_name(backend)}"
    number, among = turn
    if among == 1:
        return element("polyline", points=points, class_=css)
    return element(
        "polyline",
        points=points,
        class_=f"{css} shared",
        stroke_dasharray=f"{DASH} {DASH * (among - 1)}",
        stroke_dashoffset=-DASH * number,
    )
