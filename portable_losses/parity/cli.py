"""The command line of the harness."""

import pathlib
import sys
from collections.abc import Iterable

import click
from rich.console import Console
from rich.markup import escape

from portable_losses.parity import report
from portable_losses.parity.autodiff import BACKENDS
from portable_losses.parity.cases import families
from portable_losses.parity.checks import CHECKS
from portable_losses.parity.kinds import KINDS
from portable_losses.parity.progress import Progress
from portable_losses.parity.runner import Plan, Unavailable, run


def _listed(
    _: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Options that may be given twice, or once with commas."""
    return tuple(v.strip() for entry in value for v in entry.split(",") if v.strip())


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--backends",
    multiple=True,
    callback=_listed,
    metavar="LIST",
    help="Backends to run, such as jax,torch.  [default: all three]",
)
@click.option(
    "--family",
    multiple=True,
    callback=_listed,
    metavar="LIST",
    help="Only these families, such as regression.",
)
@click.option(
    "--loss",
    multiple=True,
    callback=_listed,
    metavar="LIST",
    help="Only these losses, such as Huber.",
)
@click.option(
    "--check",
    multiple=True,
    callback=_listed,
    metavar="LIST",
    help="Only these checks, such as gradient.",
)
@click.option(
    "--device",
    default="cpu",
    show_default=True,
    type=click.Choice(["cpu", "gpu", "tpu", "mps"]),
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
    help="Check the losses of another module, such as keras.losses, by the same cases.",
)
@click.option(
    "--target",
    metavar="FILE.py:NAME",
    help="Check a loss of your own instead of the catalogue.",
)
@click.option("--kind", help="What the target takes; see the error for the list.")
@click.option(
    "--reference",
    metavar="FILE.py:NAME",
    help="NumPy function (y_true, y_pred) -> items to hold the target to.",
)
@click.option(
    "--no-training", is_flag=True, help="Leave out the training on real data."
)
@click.option(
    "--output",
    default="build/parity",
    show_default=True,
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    help="Where results.json and report.html are written.",
)
def main(
    backends: tuple[str, ...],
    family: tuple[str, ...],
    loss: tuple[str, ...],
    check: tuple[str, ...],
    device: str,
    mode: str,
    precision: str,
    module: str,
    target: str | None,
    kind: str | None,
    reference: str | None,
    no_training: bool,
    output: pathlib.Path,
) -> None:
    """Check that losses give the same value and gradient on every backend.

    Runs every case of the catalogue, or a loss of your own, on TensorFlow, JAX and
    PyTorch in a process each, and ends with a table; results.json and report.html
    are written beside it.

    This process only compares, and needs no backend: KERAS_BACKEND=numpy starts it
    sooner, and without what TensorFlow says when it is imported.
    """
    catalogue = families()
    known_losses = {case.loss for cases in catalogue.values() for case in cases}
    plan = Plan(
        backends=_known("--backends", backends, BACKENDS) or BACKENDS,
        families=_known("--family", family, catalogue),
        losses=_known("--loss", loss, known_losses),
        checks=_known("--check", check, CHECKS),
        device=device,
        mode=mode,
        precision=precision,
        module=module,
        target=target,
        kind=_kind(target, kind),
        reference=reference,
        training=not no_training,
        out=output.resolve(),
    )
    console = Console()
    try:
        with Progress(console) as progress:
            results = run(plan, progress)
    except Unavailable as error:
        Console(stderr=True).print(
            f"[bold red]parity:[/] {escape(str(error))}", highlight=False
        )
        sys.exit(2)
    report.table(results, console)
    (output / "by_family.md").write_text(report.markdown_by_family(results))
    (output / "by_loss.md").write_text(report.markdown_by_loss(results))
    page = report.html(results, output / "report.html")
    console.print(f"Results in {output / 'results.json'}, pictures in {page}")
    sys.exit(0 if results["summary"]["ok"] else 1)


def _known(
    option: str, values: tuple[str, ...], choices: Iterable[str]
) -> tuple[str, ...]:
    known = sorted(choices)
    for value in values:
        if value not in known:
            raise click.BadParameter(
                f"must be one of {', '.join(known)}; got {value!r}", param_hint=option
            )
    return values


def _kind(target: str | None, kind: str | None) -> str | None:
    kinds = ", ".join(sorted(KINDS))
    if target is not None and kind not in KINDS:
        raise click.BadParameter(
            f"must say what the target takes, one of {kinds}; got {kind!r}",
            param_hint="--kind",
        )
    if target is None and kind is not None:
        raise click.BadParameter("goes with --target", param_hint="--kind")
    return kind
