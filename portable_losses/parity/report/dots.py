"""The picture of all errors: a row a loss, a mark a backend, logarithmic."""

from portable_losses.parity.report.digest import Digest, by_loss, families
from portable_losses.parity.report.model import Results
from portable_losses.parity.report.numbers import brief
from portable_losses.parity.report.svg import (
    Scale,
    decades,
    element,
    line,
    mark,
    picture,
    text,
)
from portable_losses.parity.tolerances import tolerance

NAMES, PANEL, GAP, ROW, TOP = 232, 378, 44, 20, 30
"""Widths of the names and of a panel, and heights, in pixels."""

AIR = 8
"""Pixels above a family."""

STAGGER = 2.0
"""Pixels from one backend down to the next, so that equal errors are all seen."""

LEAST = 1e-9
"""Where the axis begins at the latest; errors of 0 are marked at its left end."""


def dots(results: Results) -> str:
    """Draw value errors on the left and gradient errors on the right."""
    groups = {
        name: by_loss(cases) for name, cases in families(results["cases"]).items()
    }
    rows = sum(len(group) + 1 for group in groups.values())
    height = TOP + ROW * rows + AIR * len(groups) + 26
    value, gradient = allowed(results)
    panels = (
        _Panel("value error", value, NAMES, groups, "value"),
        _Panel("gradient error", gradient, NAMES + PANEL + GAP, groups, "gradient"),
    )
    parts = [panel.frame(TOP, height - 26) for panel in panels]
    y = TOP + ROW / 2
    for name, group in groups.items():
        y += AIR
        parts.append(text(0, y + 4, name, class_="family"))
        y += ROW
        for row in group:
            css = "failed" if row.failed_on else "name"
            parts.append(text(10, y + 4, row.name, class_=css))
            parts.append(line(NAMES, y, NAMES + 2 * PANEL + GAP, y, class_="row"))
            parts += [panel.marks(row, y) for panel in panels]
            y += ROW
    label = "Worst error of each loss on each backend, against float64"
    return picture(NAMES + 2 * PANEL + GAP + 8, height, label, parts)


def allowed(results: Results) -> tuple[float, float]:
    """The largest error of a value and of a gradient that a run lets pass."""
    item = results["environments"][0]
    row = tolerance(item["precision"], item["device"])
    return row.value + row.term, row.gradient + row.floor


class _Panel:
    """One half of the picture."""

    def __init__(
        self,
        title: str,
        limit: float,
        left: float,
        groups: dict[str, list[Digest]],
        which: str,
    ) -> None:
        self.title, self.limit, self.left, self.which = title, limit, left, which
        rows = [row for group in groups.values() for row in group]
        errors = [x for row in rows for x in self.of(row).values() if x is not None]
        # Half a decade of room at the right end, where what is not finite is marked.
        low, high = decades(errors, LEAST, 3 * limit)
        self.scale = Scale(low, high, left + 8, left + PANEL - 8, log=True)

    def of(self, row: Digest) -> dict[str, float | None]:
        return row.value if self.which == "value" else row.gradient

    def frame(self, top: float, bottom: float) -> str:
        parts = [text(self.left, 12, self.title, class_="title")]
        for tick in self.scale.ticks():
            x = self.scale(tick)
            parts.append(line(x, top, x, bottom, class_="grid"))
            words = brief(tick, 1)
            parts.append(text(x, bottom + 16, words, class_="tick"))
        x = self.scale(self.limit)
        parts.append(line(x, top - 4, x, bottom, class_="limit"))
        words = f"allowed {brief(self.limit)}"
        parts.append(text(x, top - 9, words, class_="tick limit-text"))
        return element("g", "".join(parts))

    def marks(self, row: Digest, y: float) -> str:
        errors = {name: x for name, x in self.of(row).items() if x is not None}
        return "".join(
            mark(
                name,
                self.scale(errors[name] or self.scale.low),
                y + STAGGER * (number - (len(errors) - 1) / 2),
                f"{row.name} on {name}: {self.title} {brief(errors[name])}",
            )
            for number, name in enumerate(errors)
        )
