"""The report on a terminal or in a log, at any width."""

import dataclasses
import re
from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from portable_losses.parity.report.digest import (
    Digest,
    Finding,
    backends,
    by_loss,
    common_versions,
    environments,
    failures,
    families,
    known,
    own_versions,
    totals,
)
from portable_losses.parity.report.model import Results
from portable_losses.parity.report.numbers import brief, count

NARROWEST_NAME = 12
"""Columns that the names of the losses keep, however narrow the terminal."""

LEGEND = (
    "value, grad: worst error against float64 references, relative to the largest item "
    "and the largest element of the gradient; between: of two backends"
)


def table(results: Results, console: Console) -> None:
    """Print the environments, a row a loss, what is known and what failed, totals."""
    _print_environments(results, console)
    if results["cases"]:
        console.print()
        console.print(_catalogue(results, console))
        console.print()
        console.print(Text(LEGEND, "dim"))
    _print_known(results, console)
    _print_reload(results, console)
    _print_training(results, console)
    _print_failures(results, console)
    _print_totals(results, console)


# --- environments -------------------------------------------------------------------


def _print_environments(results: Results, console: Console) -> None:
    common = common_versions(results)
    grid = _grid()
    for item in environments(results):
        versions = own_versions(item, common)
        ran = ", ".join(item["modes"])
        name = Text(item["backend"], "bold")
        grid.add_row(name, versions, item["device"], item["precision"], ran)
    console.print(
        Text(f"Parity on {', '.join(common)}" if common else "Parity", "bold")
    )
    console.print(grid)


# --- the catalogue ------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Column:
    """A column: two lines of heading, a cell for each loss, and whose failures it is.

    Args:
        heading: two lines.
        cells: text by loss.
        of: the backend or `between`, empty where the column is about the checks.
    """

    heading: str
    cells: dict[str, str]
    of: str = ""

    @property
    def width(self) -> int:
        """What the column needs."""
        return max(map(len, (*self.heading.split("\n"), *self.cells.values())))


def _catalogue(results: Results, console: Console) -> Table:
    """Choose the roomiest form that fits: digits, then the room between columns."""
    rows = {name: by_loss(group) for name, group in families(results["cases"]).items()}
    longest = max(len(row.name) for group in rows.values() for row in group) + 1
    for digits, room in ((2, 2), (1, 2), (1, 1)):
        columns = _columns(results, rows, digits)
        left = console.width - sum(column.width + room for column in columns)
        if left >= longest:
            break
    return _drawn(rows, columns, max(min(left, longest), NARROWEST_NAME), room)


def _columns(
    results: Results, rows: dict[str, list[Digest]], digits: int
) -> list[Column]:
    every = [row for group in rows.values() for row in group]
    columns = []
    for backend in backends(results):
        values = {row.name: brief(row.value.get(backend), digits) for row in every}
        slopes = {row.name: brief(row.gradient.get(backend), digits) for row in every}
        measured = any(row.gradient.get(backend) is not None for row in every)
        columns.append(_pair(backend, values, slopes if measured else None))
    if any(case["between"] for case in results["cases"]):
        values = {row.name: brief(row.between_value, digits) for row in every}
        slopes = {row.name: brief(row.between_gradient, digits) for row in every}
        columns.append(_pair("between", values, slopes))
    passed = {row.name: f"{row.checks['passed']:,}" for row in every}
    beside = {row.name: f"{row.checks['not_applicable'] or '-'}" for row in every}
    return [*columns, Column("checks\npassed", passed), Column("\nn/a", beside)]


def _pair(of: str, values: dict[str, str], slopes: dict[str, str] | None) -> Column:
    """A backend's column: the value's error, and the gradient's beside it."""
    if slopes is None:
        return Column(f"{of}\nvalue", values, of)
    left = max(map(len, (*values.values(), "value")))
    right = max(map(len, (*slopes.values(), "grad")))
    cells = {name: f"{values[name]:>{left}} {slopes[name]:>{right}}" for name in values}
    heading = f"{of:^{left + right + 1}}\n{'value':>{left}} {'grad':>{right}}"
    return Column(heading, cells, of)


def _drawn(
    rows: dict[str, list[Digest]], columns: list[Column], name: int, room: int
) -> Table:
    drawn = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, room - 1, 0, 0),  # the box adds one
        pad_edge=False,
        header_style="bold",
    )
    drawn.add_column(Text("\nloss"), width=name, overflow="fold")
    for column in columns:
        drawn.add_column(
            Text(column.heading, justify="right"),
            justify="right",
            width=column.width,
            overflow="fold",
        )
    for number, (family, group) in enumerate(rows.items()):
        if number:
            drawn.add_row()
        drawn.add_row(Text(family, "bold cyan"))
        for row in group:
            cells = [Text(c.cells[row.name], _style(row, c.of)) for c in columns]
            drawn.add_row(_name(row, name), *cells)
    return drawn


def _style(row: Digest, of: str) -> str:
    """Red where the row failed in this column."""
    pairs = [where for where in row.failed_on if "-" in where]
    failed = bool(pairs) if of == "between" else of in row.failed_on
    return "bold red" if failed else ""


def _name(row: Digest, width: int) -> Text:
    """A loss's name, folded between its words, and below it what is wrong with it."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z]+", row.name)
    name = Text(_fold(words, width, " ", "   "), "bold red" if row.failed_on else "")
    for said, on, style in (
        ("failed", row.failed_on, "bold red"),
        ("known", row.known_on, "yellow"),
    ):
        if on:
            words = f"{said} on {', '.join(on)}".replace(" ", "\n ").split("\n")
            name.append("\n" + _fold(words, width, "   ", "    "), style)
    return name


def _fold(words: list[str], width: int, first: str, then: str) -> str:
    """Join words, with a new and indented line before each that does not fit."""
    lines = [first]
    for word in words:
        if lines[-1].strip() and len(lines[-1]) + len(word) > width:
            lines.append(then)
        lines[-1] += word
    return "\n".join(lines)


# --- below the table ----------------------------------------------------------------


def _print_known(results: Results, console: Console) -> None:
    found = known(results)
    if found:
        _title(console, count(len(found), "known difference"), "bold yellow")
        _print_findings(found, console, "yellow")


def _print_failures(results: Results, console: Console) -> None:
    found = failures(results)
    if found:
        _title(console, count(len(found), "failure"), "bold red")
        _print_findings(found, console, "red")


def _print_findings(found: Iterable[Finding], console: Console, style: str) -> None:
    for item in found:
        head = Text(item.case, f"bold {style}")
        head.append(f"  {item.check} on {', '.join(item.where)}", style)
        console.print(_indented(head, 2))
        console.print(_indented(Text(item.message or "no message"), 6))


def _print_reload(results: Results, console: Console) -> None:
    done = results["reload"]
    if done:
        passed = sum(item["status"] == "passed" for item in done)
        pairs = {(item["saved_on"], item["loaded_on"]) for item in done}
        _title(console, "Saved on one backend, trained on another")
        said = f"{passed} of {count(len(done), 'model')} passed, "
        said += f"{count(len(pairs), 'pair')} of backends"
        style = "" if passed == len(done) else "red"
        console.print(_indented(Text(said, style), 2))


def _print_training(results: Results, console: Console) -> None:
    if not results["training"]:
        return
    _title(console, "Training on real data, a loss curve each backend")
    grid = _grid()
    for name, item in results["training"].items():
        steps = max(map(len, item["curves"].values()), default=0)
        apart = f"largest difference {brief(item['largest_difference'])}"
        verdict = Text("ok", "green") if item["ok"] else Text("FAILED", "bold red")
        allowed = f"allowed {brief(item['tolerance'], 1)}"
        grid.add_row(f"  {name}", f"{steps} steps", apart, allowed, verdict)
    console.print(grid)


def _print_totals(results: Results, console: Console) -> None:
    summary = results["summary"]
    _title(console, "Maxima over the whole catalogue")
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="")
    names = backends(results)
    grid.add_column("")
    for name in (*names, "between"):
        grid.add_column(name, justify="right")
    for title, errors, between in (
        ("value error", summary["max_value_error"], summary["max_between_value"]),
        (
            "gradient error",
            summary["max_gradient_error"],
            summary["max_between_gradient"],
        ),
    ):
        cells = [brief(errors.get(name)) for name in names]
        grid.add_row(f"  {title}", *cells, brief(between))
    console.print(grid)
    ok = summary["ok"]
    style = "bold green" if ok else "bold red"
    said = Text("PASSED" if ok else "FAILED", style)
    lines = totals(results)
    said.append(f"  {lines[0]}", "not bold default")
    said.append(f"\n        {lines[1]}", "not bold default")
    console.print()
    console.print(said)


def _title(console: Console, title: str, style: str = "bold") -> None:
    console.print()
    console.print(Text(title, style))


def _indented(text: Text, by: int) -> Padding:
    return Padding(text, (0, 0, 0, by), expand=False)


def _grid() -> Table:
    return Table.grid(padding=(0, 2, 0, 0))
