"""The chart on a terminal: what differs, and the counts."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from portable_losses.parity.chart.words import (
    LEGEND,
    MARKS,
    backends,
    called,
    command,
    counted,
    details,
    is_ok,
    ours,
    summary,
    versions,
)

STYLES = {"✓": "green", "≠": "yellow", "g": "red", "v": "bold red", "–": "dim"}


def show(chart: dict[str, Any], console: Console) -> None:
    """Print versions, the rows with a difference, legend and counts."""
    console.print(Text(f"keras.ops, {chart['date']}: {command(chart)}", "bold"))
    for line in versions(chart):
        console.print(Text(f"  {line}"))
    names = backends(chart)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for head in ("", *names, "ours", "smallest input"):
        table.add_column(head, overflow="fold")
    alike = 0
    for row in chart["rows"]:
        found = details(row)
        if not found:
            alike += 1
            continue
        cells = [_mark(row["status"]["keras"][name]) for name in names]
        first = found[0]
        said = f"{', '.join(first['backends'])}: {called(row, first)} "
        said += first["message"]
        table.add_row(row["title"], *cells, _plain(ours(row)), Text(said, "dim"))
    console.print()
    console.print(table)
    console.print(Text(f"and {alike} rows that are right everywhere", "dim"))
    console.print()
    for line in LEGEND:
        console.print(Text(line, "dim"))
    console.print()
    console.print(_counts(chart, names))
    console.print()
    ok = is_ok(chart)
    verdict = Text("PASSED" if ok else "FAILED", "bold green" if ok else "bold red")
    console.print(verdict.append(f"  {summary(chart)}", "not bold default"))


def _counts(chart: dict[str, Any], names: list[str]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right")
    for title, cells in counted(chart):
        style = "bold" if title.startswith("**") else ""
        text = title.replace("*", "").replace("`", "")
        table.add_row(Text(text, style), *(cells[name] for name in names))
    return table


def _mark(status: str) -> Text:
    return _plain(MARKS[status])


def _plain(mark: str) -> Text:
    bare = mark.replace("*", "")
    return Text(bare, STYLES.get(bare[:1], ""))
