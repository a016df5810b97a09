"""`portable-losses check`: what is wrong with a loss, and how to fix it."""

import contextlib
import dataclasses
import datetime
import functools
import json
import pathlib
import signal
import sys
from collections.abc import Iterator
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.status import Status

from portable_losses.command import outputs, shown, summary, targets
from portable_losses.command.chosen import backends_of, require_backend
from portable_losses.command.expanded import expanded
from portable_losses.parity.examine import curves
from portable_losses.parity.examine.examination import check
from portable_losses.parity.examine.findings import Report
from portable_losses.parity.examine.kinds import KINDS, single
from portable_losses.parity.examine.session import Options, Session


def _kind(_: Any, __: Any, value: str | None) -> str | None:
    if value is not None and value not in KINDS:
        import difflib

        near = difflib.get_close_matches(value, KINDS, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise click.BadParameter(
            f"must be one of {', '.join(sorted(KINDS))}; got {value!r}{hint}"
        )
    return value


def _shape(_: Any, __: Any, value: str | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    try:
        shape = tuple(int(v) for v in value.strip("()").split(",") if v.strip())
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1 or shape[0] < 3:
        raise click.BadParameter(
            "must be the shape of y_pred, such as 8,32,32,3, with at least 3 samples; "
            f"got {value!r}"
        )
    return shape


def _inputs(context: click.Context, _: Any, value: str | None) -> Any:
    if value is None:
        return None
    context.meta[outputs.INPUTS] = value
    try:
        with np.load(value, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError) as error:
        raise click.BadParameter(
            f"must be a .npz file with y_true and y_pred; got {value!r} ({error})"
        ) from error
    if not {"y_true", "y_pred"} <= set(arrays):
        raise click.BadParameter(
            f"must have the arrays y_true and y_pred; {value} has "
            f"{', '.join(arrays) or 'none'}"
        )
    pairs = {"drawn 0": single((arrays["y_true"], arrays["y_pred"]))}
    for name in arrays:  # y_true_hard and y_pred_hard are an input named hard
        label = name.removeprefix("y_pred_")
        if label != name and f"y_true_{label}" in arrays:
            pairs[label] = single((arrays[f"y_true_{label}"], arrays[name]))
    return pairs


def _positive(_: Any, __: Any, value: float) -> float:
    if not value > 0:
        raise click.BadParameter(f"must be > 0 seconds; got {value:g}")
    return value


@click.command(name="check", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, required=True, metavar="TARGET...")
@click.option(
    "--kind",
    callback=_kind,
    metavar="KIND",
    help="What the losses take; found out by trying if not given. One of "
    f"{', '.join(sorted(KINDS))}.",
)
@click.option(
    "--reference",
    metavar="FILE.py:FN",
    help="A NumPy function of y_true and y_pred that returns the items, to hold the "
    "losses to; by default a loss's own float64 values.",
)
@click.option(
    "--backends",
    callback=backends_of,
    metavar="LIST",
    help="Such as jax,torch; all that are installed by default.",
)
@click.option("--shape", callback=_shape, metavar="B,C", help="The shape of y_pred.")
@click.option(
    "--inputs",
    callback=_inputs,
    metavar="FILE.npz",
    help="Your own inputs: the arrays y_true and y_pred, and others such as "
    "y_true_hard and y_pred_hard.",
)
@click.option("--strict", is_flag=True, help="Advice counts as a fault.")
@click.option(
    "--timeout",
    default=60.0,
    show_default=True,
    callback=_positive,
    metavar="S",
    help="Seconds that one call of the loss may take, compilation included.",
)
@click.option(
    "--json",
    "output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="Write the findings there, for machines.",
)
@click.option(
    "--report",
    "page_file",
    callback=outputs.page_file,
    metavar="FILE.html",
    help="Write a page there, for people: what was found, inputs, curves, remedies.",
)
def command(
    names: tuple[str, ...],
    kind: str | None,
    reference: str | None,
    backends: tuple[str, ...],
    shape: tuple[int, ...] | None,
    inputs: Any,
    strict: bool,
    timeout: float,
    output: pathlib.Path | None,
    page_file: pathlib.Path | None,
) -> None:
    """Find what is wrong with losses, and how to fix it.

    A TARGET is file.py:Name, file.py:Name(gamma=3.0), file.py for all losses in it,
    package.module:Name, package.module, or a package. The exit status is 0 if no fault
    is found, 1 if one is, and 2 if a target could not be checked.
    """
    require_backend()
    for name in (*names, *([reference] if reference else ())):
        try:
            targets.require(name)
        except targets.Wrong as error:
            raise click.UsageError(f"{error}.") from error
    outputs.require_writable("--json", output)
    outputs.require_writable("--report", page_file)
    began = datetime.datetime.now(datetime.UTC)
    console = Console(soft_wrap=False, width=None if sys.stdout.isatty() else 100)
    names = tuple(dict.fromkeys(names))
    options = Options(backends, kind, shape, inputs, reference, strict or None, timeout)
    reports: list[Report] = []
    measured: dict[int, dict[str, Any]] = {}
    audits = any(targets.is_package(name) for name in names)
    with _ended_by_signals(), console.status("starting") as status:
        with Session(options, lambda text: status.update(text)) as session:
            chosen = [t for name in names for t in expanded(session, name, reports)]
            for i, (target, also) in enumerate(chosen, 1):
                if target in [report.target for report in reports]:
                    continue  # it was given twice, such as by its name and its file
                at = f"{i}/{len(chosen)} " if len(chosen) > 1 else ""
                session.note = functools.partial(_note, status, at)
                report = dataclasses.replace(check(session, target), also=also)
                reports.append(report)
                shown.show(report, console, faults_only=audits)
                if page_file is not None:
                    session.note("its curve")
                    found = curves.measure(session, report)
                    measured[len(reports) - 1] = found
            versions = session.versions()
    for report in reports:
        if report.problem and not report.kind and targets.is_whole(report.target):
            shown.show(report, console)
    if audits:
        summary.show_advice(reports, console)
    if len(reports) > 1:
        summary.show_summary(reports, console)
    verdicts = [report.verdict for report in reports]
    console.print(f"\n{shown.counted(verdicts)} on {', '.join(backends)}")
    if output is not None:
        content = {"targets": [report.as_json() for report in reports]}
        output.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")
    if page_file is not None:
        asked = outputs.asked_for(options, began, versions)
        outputs.write_page(page_file, reports, measured, names, asked)
        console.print(f"The page is {page_file}", soft_wrap=True, highlight=False)
    elif "fault" in verdicts:
        console.print("[dim]--report FILE.html writes a page, with curves[/]")
    if "fault" in verdicts:
        sys.exit(1)
    sys.exit(2 if "unchecked" in verdicts or not verdicts else 0)


def _note(status: Status, at: str, text: str) -> None:
    status.update(f"{at}{text}")


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """End the workers, too, if this process gets a signal to end."""

    def end(number: int, _: Any) -> None:
        raise SystemExit(128 + number)

    before = {s: signal.signal(s, end) for s in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
