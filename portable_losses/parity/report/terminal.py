"""The report on a terminal or in a log, at any width."""

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from portable_losses.parity.report.catalogue import catalogue
from portable_losses.parity.report.costs import costs
from portable_losses.parity.report.digest import extent, numbers_of, totals
from portable_losses.parity.report.environments import (
    backends,
    common_versions,
    environments,
    own_versions,
)
from portable_losses.parity.report.findings import Finding, failures, known, remarks
from portable_losses.parity.report.model import HistoryRow, Results, Training
from portable_losses.parity.report.numbers import brief, count

LEGEND = (
    "value, grad: worst error against float64 references, relative to the largest item "
    "and the largest element of the gradient"
)
BETWEEN = "; between: of two backends"


NOT_COMPARED = (
    "not compared: backends with each other, since only one with gradients ran"
)


def table(results: Results, console: Console) -> None:
    """Print environments, a row per loss, known differences, failures and totals."""
    matrix(results, console)
    rest(results, console)


def matrix(results: Results, console: Console) -> None:
    """Print the results of the checks when they are finished: a row per loss."""
    _print_environments(results, console)
    if results["cases"]:
        console.print()
        console.print(catalogue(results, console.width))
        console.print()
        compared = any(case["between"] for case in results["cases"])
        console.print(Text(LEGEND + (BETWEEN if compared else ""), "dim"))
    _print_known(results, console)


def rest(results: Results, console: Console) -> None:
    """Print what was trained, what failed, and the totals."""
    _print_reload(results, console)
    _print_training(results, console)
    _print_histories(results, console)
    _print_failures(results, console)
    _print_costs(results, console)
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


# --- below the table ----------------------------------------------------------------


def _print_known(results: Results, console: Console) -> None:
    found = known(results)
    if found:
        _title(console, count(len(found), "known difference"), "bold yellow")
        _print_findings(found, console, "yellow")
    faults = remarks(results)
    if faults:
        said = (
            f"Keras's own losses differ from ours in {count(len(faults), 'known way')}"
        )
        console.print()
        console.print(Text(f"{said}: by_loss.md and the page name them", "dim"))


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
        pairs = {(saved, loaded) for saved, loaded in pairs if saved != loaded}
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
        grid.add_row(f"  {name}", f"{steps} steps", apart, *_verdict(item))
    console.print(grid)


def _print_histories(results: Results, console: Console) -> None:
    if not results["histories"]:
        return
    _title(console, "Training with ..., and how far any number of the history differs")
    grid = _grid()
    for name, row in results["histories"].items():
        numbers = count(len(numbers_of(row)), "number")
        apart = brief(row["largest_difference"])
        grid.add_row(f"  {name}", numbers, apart, *_verdict(row))
    console.print(grid)


def _verdict(item: Training | HistoryRow) -> tuple[str, Text]:
    verdict = Text("ok", "green") if item["ok"] else Text("FAILED", "bold red")
    return f"allowed {brief(item['tolerance'], 1)}", verdict


def _print_costs(results: Results, console: Console) -> None:
    found = costs(results)
    if found:
        _title(console, "CPU seconds a case, and the slowest cases")
        grid = _grid()
        for cost in found:
            slowest = ", ".join(f"{case} {s:.1f}" for case, s in cost.slowest)
            # Not a plain string: rich would read the label of a case in brackets as
            # markup.
            grid.add_row(f"  {cost.backend}", f"{cost.mean:.2f}", Text(slowest))
        console.print(grid)


def _print_totals(results: Results, console: Console) -> None:
    summary = results["summary"]
    _title(console, f"Maxima over {extent(results)}")
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="")
    names = backends(results)
    compared = summary["max_between_value"] is not None
    grid.add_column("")
    for name in (*names, *(["between"] if compared else [])):
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
        grid.add_row(f"  {title}", *cells, *([brief(between)] if compared else []))
    console.print(grid)
    if not compared:
        console.print(_indented(Text(NOT_COMPARED, "dim"), 2))
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
