"""The pictures of all errors: a row per loss, a mark per backend, logarithmic."""

import dataclasses
import math
from typing import Any, Literal

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from portable_losses.parity.page.colors import LIGHT, MARKS
from portable_losses.parity.report.digest import Digest, in_families
from portable_losses.parity.report.environments import backends
from portable_losses.parity.report.model import Results
from portable_losses.parity.report.numbers import brief
from portable_losses.parity.report.picture import (
    STYLE,
    color,
    decades,
    drawing,
    figure,
    inline,
)
from portable_losses.parity.tolerances import tolerance

WIDTH, ROW, AROUND = 500, 19, 92
"""Pixels: the width, the height of a row, and the room above and below the rows."""

AIR = 0.4
"""Rows left free above a family."""

STAGGER = 0.15
"""Vertical offset between backends, in rows, so that equal errors all show."""

LEAST = 1e-9
"""The largest start of the axis; errors of 0 are marked at the left end."""

Which = Literal["value", "gradient"]


def dots(results: Results, which: Which) -> str:
    """Draw the worst error of each loss on each backend."""
    rows = _rows(results)
    limit = allowed(results)[which == "gradient"]
    with drawing(STYLE):
        drawn = figure(WIDTH, AROUND + ROW * rows[-1].place)
        axes = drawn.add_subplot()
        _axes(axes, rows, which, limit)
        hover = _marks(axes, rows, backends(results), which)
        _legend(drawn, axes)
        return inline(
            drawn,
            name=which,
            title=f"Worst {which} error of each loss on each backend",
            description=f"A row a loss; {brief(limit)} is allowed. "
            "The numbers are in the tables below.",
            hover=hover,
        )


def allowed(results: Results) -> tuple[float, float]:
    """The tolerances of a value and of a gradient in a run."""
    item = results["environments"][0]
    row = tolerance(item["precision"], item["device"])
    return row.value + row.term, row.gradient + row.floor


@dataclasses.dataclass(frozen=True)
class _Row:
    """A loss, or the heading of a family, which has no digest.

    Args:
        name: name of the loss or family.
        place: vertical position, in rows.
        digest: the summary of the loss.
    """

    name: str
    place: float
    digest: Digest | None = None

    def errors(self, which: Which) -> dict[str, float]:
        """The errors by backend."""
        if self.digest is None:
            return {}
        found = self.digest.value if which == "value" else self.digest.gradient
        return {name: x for name, x in found.items() if x is not None}

    @property
    def failed(self) -> bool:
        return self.digest is not None and bool(self.digest.failed_on)


def _rows(results: Results) -> list[_Row]:
    rows, place = [], 0.0
    for family, digests in in_families(results["cases"]).items():
        place += AIR
        rows.append(_Row(family, place))
        for number, digest in enumerate(digests, 1):
            rows.append(_Row(digest.name, place + number, digest))
        place = rows[-1].place + 1
    return rows


def _axes(axes: Any, rows: list[_Row], which: Which, limit: float) -> None:
    errors = [x for row in rows for x in row.errors(which).values()]
    # Half a decade of space at the right end, for marks of errors that are not finite.
    axes.set_xscale("log")
    axes.set_xlim(decades(errors, LEAST, 3 * limit))
    axes.set_ylim(rows[-1].place + 0.6, rows[0].place - 0.6)
    axes.set_title(f"{which} error", pad=18)
    axes.xaxis.set_major_locator(LogLocator(numticks=8))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: brief(x, 1)))
    axes.set_yticks([row.place for row in rows], [row.name for row in rows])
    axes.tick_params(length=0, pad=9)
    axes.grid(axis="y", linestyle=(0, (1, 3)))
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_color(LIGHT["bad" if row.failed else "ink"])
        label.set_fontweight("bold" if row.failed or not row.digest else "normal")
    axes.axvline(limit, color=LIGHT["bad"], linestyle=(0, (5, 3)), linewidth=1)
    axes.annotate(
        f"allowed {brief(limit)}",
        (limit, 1),
        (0, 4),
        xycoords=axes.get_xaxis_transform(),
        textcoords="offset points",
        color=LIGHT["bad"],
        ha="center",
    )


def _marks(
    axes: Any, rows: list[_Row], names: list[str], which: Which
) -> dict[str, str]:
    """Draw the marks; return the hover text of each."""
    low, high = axes.get_xlim()
    hover = {}
    for number, row in enumerate(rows):
        found = row.errors(which)
        errors = {name: found[name] for name in names if name in found}
        for turn, (name, error) in enumerate(errors.items()):
            gid = f"mark-{number}-{turn}"
            hover[gid] = f"{row.name} on {name}: {which} error {brief(error)}"
            axes.plot(
                high if math.isnan(error) else min(max(error, low), high),
                row.place + STAGGER * (turn - (len(errors) - 1) / 2),
                **_look(name),
                label=name,
                gid=gid,
                clip_on=False,
            )
    return hover


def _look(name: str) -> dict[str, Any]:
    return {
        "color": color(name),
        "linestyle": "none",
        "marker": MARKS.get(name, "D"),
        "markeredgecolor": LIGHT["paper"],
        "markeredgewidth": 0.8,
        "markersize": 7 if name in MARKS else 6,
    }


def _legend(drawn: Figure, axes: Any) -> None:
    """Draw the legend: one entry per backend."""
    handles, names = axes.get_legend_handles_labels()
    once = dict(zip(names, handles, strict=True))
    drawn.legend(
        list(once.values()), list(once), loc="outside upper right", ncols=len(once) or 1
    )
