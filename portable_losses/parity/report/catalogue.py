"""The table of losses: a row per loss, a column per backend, fitted to the width."""

import dataclasses
import re

from rich import box
from rich.table import Table
from rich.text import Text

from portable_losses.parity.report.digest import Digest, in_families
from portable_losses.parity.report.environments import backends
from portable_losses.parity.report.model import Results
from portable_losses.parity.report.numbers import brief

NARROWEST_NAME = 12
"""The smallest width of the names of losses, in characters."""


@dataclasses.dataclass(frozen=True)
class Column:
    """A column: two lines of heading, a cell for each loss, and whose failures it is.

    Args:
        heading: two lines.
        cells: text by loss.
        of: the backend or `between`; empty for columns about the checks.
    """

    heading: str
    cells: dict[str, str]
    of: str = ""

    @property
    def width(self) -> int:
        """The width that the column needs."""
        return max(map(len, (*self.heading.split("\n"), *self.cells.values())))


def catalogue(results: Results, width: int) -> Table:
    """Choose the widest form that fits: more digits first, then wider gaps."""
    rows = in_families(results["cases"])
    longest = max(len(row.name) for group in rows.values() for row in group) + 1
    for digits, room in ((2, 2), (1, 2), (1, 1)):
        columns = _columns(results, rows, digits)
        left = width - sum(column.width + room for column in columns)
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
        gradients = {
            row.name: brief(row.gradient.get(backend), digits) for row in every
        }
        measured = any(row.gradient.get(backend) is not None for row in every)
        columns.append(_pair(backend, values, gradients if measured else None))
    if any(case["between"] for case in results["cases"]):
        values = {row.name: brief(row.between_value, digits) for row in every}
        gradients = {row.name: brief(row.between_gradient, digits) for row in every}
        columns.append(_pair("between", values, gradients))
    passed = {row.name: f"{row.checks['passed']:,}" for row in every}
    beside = {row.name: f"{row.checks['not_applicable'] or '-'}" for row in every}
    return [*columns, Column("checks\npassed", passed), Column("\nn/a", beside)]


def _pair(of: str, values: dict[str, str], gradients: dict[str, str] | None) -> Column:
    """A backend's column: the value's error, and the gradient's beside it."""
    if gradients is None:
        return Column(f"{of}\nvalue", values, of)
    left = max(map(len, (*values.values(), "value")))
    right = max(map(len, (*gradients.values(), "grad")))
    cells = {
        name: f"{values[name]:>{left}} {gradients[name]:>{right}}" for name in values
    }
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
    """The name of a loss, wrapped between words, and below it the failed checks."""
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
    """Join words; a word that does not fit begins a new, indented line."""
    lines = [first]
    for word in words:
        if lines[-1].strip() and len(lines[-1]) + len(word) > width:
            lines.append(then)
        lines[-1] += word
    return "\n".join(lines)
