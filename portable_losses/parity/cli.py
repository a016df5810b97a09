"""The command line of the harness."""

import json
import pathlib
import sys
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from portable_losses.parity import report
from portable_losses.parity.autodiff import BACKENDS, DEVICES, known
from portable_losses.parity.cases import families
from portable_losses.parity.chart.page import page
from portable_losses.parity.chart.runner import on_those_present
from portable_losses.parity.chart.runner import run as chart
from portable_losses.parity.chart.terminal import show
from portable_losses.parity.chart.words import is_ok
from portable_losses.parity.kinds import KINDS
from portable_losses.parity.options import fits_the_chart, listed, named, plan_of
from portable_losses.parity.plan import Plan, Unavailable
from portable_losses.parity.progress import Progress
from portable_losses.parity.runner import run


@click.command(
    name="portable-losses-parity",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--backends",
    multiple=True,
    callback=listed,
    metavar="LIST",
    help=f"Backends to run, such as jax,torch; {', '.join(BACKENDS)} by default. Those "
    f"with an adapter are {', '.join(known())}; NAME of an installed package "
    "keras-NAME runs the checks of values.",
)
@click.option(
    "--family",
    multiple=True,
    callback=listed,
    metavar="LIST",
    help=f"Only these families: {', '.join(families())}.",
)
@click.option(
    "--loss",
    multiple=True,
    callback=listed,
    metavar="LIST",
    help="Only these losses, such as Huber, with a training on real data where the "
    "harness has one for them.",
)
@click.option(
    "--check",
    multiple=True,
    callback=listed,
    metavar="LIST",
    help="Only these checks, such as gradient; then nothing is trained.",
)
@click.option(
    "--device",
    default="cpu",
    show_default=True,
    type=click.Choice(DEVICES),
    help="Where the results must live.",
)
@click.option(
    "--mode",
    default="all",
    show_default=True,
    type=click.Choice(["all", "eager", "compiled"]),
    help="How the losses are run.",
)
@click.option(
    "--precision",
    default="float32",
    show_default=True,
    type=click.Choice(["float32", "tf32"]),
    help="tf32 leaves an accelerator's fast matrix products on.",
)
@click.option(
    "--module",
    default="portable_losses",
    show_default=True,
    callback=named,
    help="Check the losses of another module, such as keras.losses, by the same cases.",
)
@click.option(
    "--target",
    metavar="FILE.py:NAME",
    callback=named,
    help="Check a loss of your own instead of the catalogue.",
)
@click.option(
    "--kind",
    metavar="KIND",
    help=f"What the target takes: {', '.join(sorted(KINDS))}.",
)
@click.option(
    "--reference",
    metavar="FILE.py:NAME",
    callback=named,
    help="NumPy function (y_true, y_pred) -> items to hold the target to.",
)
@click.option(
    "--no-training",
    is_flag=True,
    help="Only run the checks: no model is trained, saved or loaded.",
)
@click.option(
    "--quick",
    default="",
    metavar="XLA_FLAGS",
    help="Flags that make XLA compile quickly, for a second worker on JAX. The first "
    "checks value and gradient of code as XLA has it for users. TensorFlow gets a "
    "second worker, too, and modes are compared for the first case of each loss. XLA "
    "ends a process that names a flag which its version lacks.",
)
@click.option(
    "--ops",
    is_flag=True,
    help="Make the chart of keras.ops instead: which operation is right on which "
    "backend, in ops.json and ops.md.",
)
@click.option(
    "--op",
    multiple=True,
    callback=listed,
    metavar="LIST",
    help="With --ops, only these operations, such as abs,norm.",
)
@click.option(
    "--output",
    default="build/parity",
    show_default=True,
    callback=named,
    metavar="FOLDER",
    help="Where report.html, results.json and curves.json are written.",
)
def main(output: str, ops: bool, op: tuple[str, ...], **options: Any) -> None:
    """Check that losses give the same value and gradient on every backend.

    Runs every case of the catalogue, or a loss of your own, on each backend in a
    process of its own, and prints a table; then trains models, saves them on
    one backend and loads them on another. The output folder gets report.html, a page
    with every number, input and curve, and results.json for machines. With --ops, the
    operations of keras.ops are checked instead, one by one. Exits with 1 where a check
    fails, with 2 where nothing could run.

    This process only compares, and needs no backend: with KERAS_BACKEND=numpy it starts
    sooner, and without the messages that TensorFlow prints on import.
    """
    fits_the_chart(ops, op, options)
    plan = plan_of(output=output, **options)
    console = Console()
    if ops:
        sys.exit(_chart(plan, op, bool(options["backends"]), console))

    def checked(results: report.Results) -> None:
        report.matrix(results, console)
        if plan.trains:
            several = ", loaded on another" if len(plan.backends) > 1 else ""
            progress.phase(f"models are trained, saved on one backend{several}")

    try:
        with Progress(console) as progress:
            results = run(plan, progress, checked)
    except Unavailable as error:
        _say(error)
        sys.exit(2)
    report.rest(results, console)
    (plan.out / "by_family.md").write_text(report.markdown_by_family(results))
    (plan.out / "by_loss.md").write_text(report.markdown_by_loss(results))
    drawn = json.loads((plan.out / "curves.json").read_text())
    report.html(results, plan.out / "report.html", drawn)
    shown = pathlib.Path(output)
    console.print(
        f"The report is {shown / 'report.html'}, the results for machines "
        f"{shown / 'results.json'}",
        soft_wrap=True,
        highlight=False,
    )
    sys.exit(0 if results["summary"]["ok"] else 1)


def _chart(plan: Plan, op: tuple[str, ...], asked: bool, console: Console) -> int:
    """Make the chart of keras.ops; returns the exit status."""
    try:
        with Progress(console) as progress:
            made = chart(plan if asked else on_those_present(plan), op, progress)
    except Unavailable as error:
        _say(error)
        return 2
    show(made, console)
    path = plan.out / "ops.md"
    path.write_text(page(made), encoding="utf-8")
    console.print(f"Results in {plan.out / 'ops.json'}, as a page in {path}")
    return 0 if is_ok(made) else 1


def _say(error: Unavailable) -> None:
    said = f"[bold red]parity:[/] {escape(str(error))}"
    Console(stderr=True).print(said, highlight=False)
