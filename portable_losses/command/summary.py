"""The end of a check of many losses: one line per loss, and the advice they share."""

import re

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from portable_losses.command.shown import MARKS
from portable_losses.parity.examine.findings import FAULT, Finding, Report
from portable_losses.parity.examine.naming import split

WORST_FIRST = (
    "ends",
    "hangs",
    "import",
    "runs",
    "compiles",
    "foreign",
    "deterministic",
    "shape",
    "independent",
    "finite",
    "value",
    "direction",
    "dead",
    "backends",
    "modes",
    "gradient",
    "arguments",
    "saved",
    "dtype",
)
"""Checks by severity: a loss that does not run, wrong numbers, faults of saving."""


def worst(report: Report) -> Finding | None:
    """The most severe fault."""
    faults = [finding for finding in report.findings if finding.rank == FAULT]
    order = {check: i for i, check in enumerate(WORST_FIRST)}
    return min(faults, key=lambda f: order.get(f.check, len(order)), default=None)


def show_summary(reports: list[Report], console: Console) -> None:
    """Print a line for each loss."""
    place = common_place(reports)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(place or "loss", overflow="fold")
    table.add_column("verdict")
    table.add_column("faults", justify="right")
    table.add_column("the worst", overflow="fold")
    for report in reports:
        name = report.target.removeprefix(f"{place}:")
        also = f" [dim]({escape(', '.join(report.also))})[/]" if report.also else ""
        most = worst(report)
        faults = sum(finding.rank == FAULT for finding in report.findings)
        said = f"{most.check}: {most.message}" if most else report.problem
        table.add_row(
            f"{escape(name)}{also}",
            MARKS[report.verdict],
            str(faults) if faults else "",
            escape(said),
        )
    console.print()
    console.print(table)


def common_place(reports: list[Report]) -> str:
    """The file or module of all losses; empty if they come from several."""
    places = {split(report.target)[0] for report in reports}
    return places.pop() if len(places) == 1 else ""


def show_advice(reports: list[Report], console: Console) -> None:
    """Print each advice once, with the losses that it is about."""
    by_message: dict[str, list[str]] = {}
    for report in reports:
        name = split(report.target)[1] or report.target
        own = re.compile(rf"\b{re.escape(name.partition('(')[0])}\b")
        for finding in report.findings:
            if finding.rank != FAULT:
                message = own.sub("the loss", finding.message)
                by_message.setdefault(message, []).append(name)
    for message, names in by_message.items():
        few = ", ".join(names[:3]) + (f" and {len(names) - 3} more" * (len(names) > 3))
        text = f"[yellow]advice:[/] [dim]{escape(message)} ({escape(few)})[/]"
        console.print(Padding(text, (0, 0, 0, 2)), highlight=False)
