"""The chart as a page in Markdown."""

from collections.abc import Iterable
from typing import Any

from portable_losses.parity.chart.judge import allowed_of
from portable_losses.parity.chart.op import DTYPES
from portable_losses.parity.chart.words import (
    LEGEND,
    MARKS,
    backends,
    called,
    command,
    counted,
    details,
    ours,
    versions,
)

Chart = dict[str, Any]

HOW = (
    "Each operation is asked for its value and its gradient at ordinary points and at "
    "bad ones: ties, zeros, ends of the domain, infinities, NaNs, no items, half "
    "precision. The value is compared with NumPy and SciPy in float64. The gradient, "
    "that of the sum of the results (times 1, -0.5, 2, 0.5, -1, 1.5 in turn where "
    "there are several), is compared with one-sided difference quotients of them on "
    "either side. Where the two sides differ, everything between them is a subgradient "
    "and right; backends that choose differently are marked so. Where the reference is "
    "NaN, a gradient is not judged."
)


def page(chart: Chart) -> str:
    """The whole page."""
    lines = ["# keras.ops, operation by operation", ""]
    lines += [f"Written by `{command(chart)}` on {chart['date']}. {HOW}", ""]
    lines += [f"* {line}" for line in versions(chart)]
    lines += [f"* {_tolerances(chart)}", "", "## Counts", "", *_counts(chart), ""]
    lines += ["## Chart", "", *[f"* {line}" for line in LEGEND], ""]
    lines += _chart(chart)
    lines += ["", "## Differences", "", *_differences(chart)]
    lines += ["", "## Left out", "", *_left_out(chart)]
    return "\n".join(lines) + "\n"


def _tolerances(chart: Chart) -> str:
    device = chart["environments"][0]["device"]
    said = []
    for dtype in DTYPES:
        t = allowed_of(dtype, device)
        said.append(f"{dtype} {t.value:.0e} ({t.gradient:.0e})")
    return f"relative tolerance of a value (a gradient): {', '.join(said)}"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    heads = list(heads)
    lines = [f"| {' | '.join(heads)} |", "|:--|" + ":-:|" * (len(heads) - 1)]
    return lines + [f"| {' | '.join(row)} |" for row in rows]


def _counts(chart: Chart) -> list[str]:
    names = backends(chart)
    rows = []
    for title, by_backend in counted(chart):
        rows.append([title, *(by_backend[name] for name in names)])
    return _table(["", *names], rows)


def _chart(chart: Chart) -> list[str]:
    names, lines = backends(chart), []
    groups: dict[str, list[Any]] = {}
    for row in chart["rows"]:
        groups.setdefault(row["group"], []).append(row)
    for group, rows in groups.items():
        lines += ["", f"### {group[0].upper()}{group[1:]}", ""]
        cells = [
            [
                f"`{_escaped(row['title'])}`",
                *(MARKS[row["status"]["keras"][name]] for name in names),
                ours(row),
            ]
            for row in rows
        ]
        lines += _table(["`keras.ops`", *names, "`portable_losses.ops`"], cells)
    return lines


def _differences(chart: Chart) -> list[str]:
    lines = ["The smallest input of each kind on each backend."]
    for row in chart["rows"]:
        found = details(row)
        if found:
            lines += ["", f"**`{row['title']}`**", ""]
        for said in found:
            where = "" if said["kind"] == "keras" else "`portable_losses.ops`, "
            lines.append(
                f"* {where}{', '.join(said['backends'])}: "
                f"`{called(row, said)}` {_escaped(said['message'])}"
            )
    return lines


def _left_out(chart: Chart) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for name, reason in chart["left_out"].items():
        by_reason.setdefault(reason, []).append(name)
    lines = [
        f"* {reason}: {', '.join(f'`{n}`' for n in names)}"
        for reason, names in by_reason.items()
    ]
    if chart["unknown"]:
        names = ", ".join(f"`{name}`" for name in chart["unknown"])
        lines.append(f"* new to this chart: {names}")
    return lines


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
