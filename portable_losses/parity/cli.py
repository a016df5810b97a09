"""The command line of the harness."""

import importlib
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
from portable_losses.parity.plan import Plan, Unavailable
from portable_losses.parity.progress import Progress
from portable_losses.parity.runner import run


def _listed(
    _: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Options that may be given twice, or once with commas; never empty."""
    for entry in value:
        if not all(v.strip() for v in entry.split(",")):
            raise click.BadParameter(
                f"must be a name, or several with a comma between two; got {entry!r}"
            )
    return tuple(v.strip() for entry in value for v in entry.split(","))


def _named(
    _: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """Options that are left out, or say something."""
    if value is not None and not value.strip():
        raise click.BadParameter(f"must not be empty; got {value!r}")
    return value


@click.command(
    name="portable-losses-parity",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--backends",
    multiple=True,
    callback=_listed,
    metavar="LIST",
    help="Backends to run, such as jax,torch. All three by default.",
)
@click.option(
    "--family",
    multiple=True,
    callback=_listed,
    metavar="LIST",
    help=f"Only these families: {', '.join(families())}.",
)
@click.option(
    "--loss",
    multiple=True,
    callback=_listed,
    metavar="LIST",
    help="Only these losses, such as Huber, with a training on real data where the "
    "harness has one for them.",
)
@click.option(
    "--check",
    multiple=True,
    callback=_listed,
    metavar="LIST",
    help="Only these checks, such as gradient; then nothing is trained.",
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
    callback=_named,
    help="Check the losses of another module, such as keras.losses, by the same cases.",
)
@click.option(
    "--target",
    metavar="FILE.py:NAME",
    callback=_named,
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
    callback=_named,
    help="NumPy function (y_true, y_pred) -> items to hold the target to.",
)
@click.option(
    "--no-training",
    is_flag=True,
    help="Only run the checks: no model is trained, saved or loaded.",
)
@click.option(
    "--output",
    default="build/parity",
    show_default=True,
    callback=_named,
    metavar="FOLDER",
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
    output: str,
) -> None:
    """Check that losses give the same value and gradient on every backend.

    Runs every case of the catalogue, or a loss of your own, on TensorFlow, JAX and
    PyTorch in a process each, and prints a table; then trains models, saves them on
    one backend and loads them on another. results.json and report.html are written to
    the output folder. Exits with 1 where a check fails, with 2 where nothing could run.

    This process only compares, and needs no backend: KERAS_BACKEND=numpy starts it
    sooner, and without what TensorFlow says when it is imported.
    """
    _fits(target, reference, family, loss, module)
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
        out=pathlib.Path(output).resolve(),
    )
    if plan.out.exists() and not plan.out.is_dir():
        raise click.BadParameter(
            f"must be a folder, or not exist yet; got {output!r}", param_hint="--output"
        )
    if not target and not any(
        (not plan.families or name in plan.families)
        and (not plan.losses or case.loss in plan.losses)
        for name, cases in catalogue.items()
        for case in cases
    ):
        raise click.BadParameter(
            f"must be of the families asked for, {', '.join(plan.families)}; got "
            f"{', '.join(plan.losses)}",
            param_hint="--loss",
        )
    console = Console()

    def checked(results: report.Results) -> None:
        report.matrix(results, console)
        if plan.trains:
            several = ", loaded on another" if len(plan.backends) > 1 else ""
            progress.phase(f"models are trained, saved on one backend{several}")

    try:
        with Progress(console) as progress:
            results = run(plan, progress, checked)
    except Unavailable as error:
        Console(stderr=True).print(
            f"[bold red]parity:[/] {escape(str(error))}", highlight=False
        )
        sys.exit(2)
    report.rest(results, console)
    (plan.out / "by_family.md").write_text(report.markdown_by_family(results))
    (plan.out / "by_loss.md").write_text(report.markdown_by_loss(results))
    page = report.html(results, plan.out / "report.html")
    console.print(
        f"Results in {pathlib.Path(output, 'results.json')}, pictures in {page}"
    )
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


def _fits(
    target: str | None,
    reference: str | None,
    family: tuple[str, ...],
    loss: tuple[str, ...],
    module: str,
) -> None:
    """Reject options that would have no effect, and a module that is not there."""
    if target is None and reference is not None:
        raise click.BadParameter("goes with --target", param_hint="--reference")
    if target is not None:
        for option, values in (("--family", family), ("--loss", loss)):
            if values:
                raise click.BadParameter(
                    "narrows the catalogue, which --target leaves out",
                    param_hint=option,
                )
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise click.BadParameter(
            f"must be a module that can be imported; got {module!r} ({error})",
            param_hint="--module",
        ) from error


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
