"""Prints the findings of a check in the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table

from portable_losses.parity.examine.findings import FAULT, Finding, Report
from portable_losses.parity.examine.showing import number, numbers

MARKS = {"ok": "[green]ok[/]", "fault": "[red]fault[/]", "unchecked": "[yellow]?[/]"}


def show(report: Report, console: Console, faults_only: bool = False) -> None:
    """Print the verdict and the findings of one target.

    Args:
        report: what was found.
        console: where to print.
        faults_only: whether advice is omitted.
    """
    kind = f" [dim]({report.kind})[/]" if report.kind else ""
    console.print(f"{MARKS[report.verdict]} [bold]{escape(report.target)}[/]{kind}")
    if report.problem:
        console.print(Padding(f"not checked: {escape(report.problem)}", (0, 0, 0, 2)))
    for finding in report.findings:
        if faults_only and finding.rank != FAULT:
            continue
        show_finding(finding, console)


def counted(verdicts: Sequence[str]) -> str:
    """The number of losses with each verdict, as text."""
    words = {"ok": "ok", "fault": "with a fault", "unchecked": "not checked"}
    found = [
        f"{verdicts.count(v)} {said}" for v, said in words.items() if v in verdicts
    ]
    return ", ".join(found) or "no losses"


def show_finding(finding: Finding, console: Console) -> None:
    """Print one finding; advice takes one line, since most losses get the same."""
    if finding.rank != FAULT:
        text = f"[yellow]advice:[/] [dim]{escape(finding.message)}[/]"
        console.print(Padding(text, (0, 0, 0, 2)), highlight=False)
        return
    where = f" on {', '.join(finding.backends)}" if finding.backends else ""
    console.print(
        Padding(f"[red]fault: {escape(finding.check)}[/]{escape(where)}", (1, 0, 0, 2))
    )

    def say(text: str) -> None:
        console.print(Padding(escape(text), (0, 0, 0, 4)), highlight=False)

    say(finding.message)
    if finding.line:
        say(f"at {finding.line}")
    if finding.input:
        # Lines are not truncated, so that they can be copied.
        code = Syntax(
            finding.input, "python", background_color="default", word_wrap=True
        )
        console.print(Padding(code, (0, 0, 0, 6)))
    if finding.values and finding.gradients:
        console.print(Padding(_beside(finding), (0, 0, 0, 6)))
    console.print(
        Padding(f"[green]remedy:[/] {escape(finding.remedy)}", (0, 0, 0, 4)),
        highlight=False,
    )


def _beside(finding: Finding) -> Table:
    """Value and gradient of each backend side by side."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("", "value", "gradient"):
        table.add_column(title, overflow="fold")
    for backend in finding.values:
        gradient = numbers(finding.gradients.get(backend))
        table.add_row(backend, number(finding.values[backend], 7), gradient)
    return table
