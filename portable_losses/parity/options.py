"""The options of the command line: how they are read, and what is rejected."""

import importlib
import pathlib
from collections.abc import Iterable
from typing import Any

import click

from portable_losses.parity.autodiff import BACKENDS, facts
from portable_losses.parity.cases import families
from portable_losses.parity.chart.rows import ROWS
from portable_losses.parity.checks import CHECKS
from portable_losses.parity.kinds import KINDS
from portable_losses.parity.plan import Plan


def listed(
    _: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Options that may be repeated, or hold several names with commas; never empty."""
    for entry in value:
        if not all(v.strip() for v in entry.split(",")):
            raise click.BadParameter(
                f"must be a name, or several with a comma between two; got {entry!r}"
            )
    return tuple(v.strip() for entry in value for v in entry.split(","))


def named(
    _: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """Options that may be omitted, but not be empty."""
    if value is not None and not value.strip():
        raise click.BadParameter(f"must not be empty; got {value!r}")
    return value


def plan_of(
    *,
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
    quick: str = "",
) -> Plan:
    """The plan that the options ask for.

    Raises:
        click.BadParameter: for an unknown name, or options that do not go together.
    """
    _fits(target, reference, family, loss, module)
    catalogue = families()
    known_losses = {case.loss for cases in catalogue.values() for case in cases}
    plan = Plan(
        backends=_backends(backends) or BACKENDS,
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
        quick=quick,
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
    return plan


def fits_the_chart(ops: bool, op: tuple[str, ...], options: dict[str, Any]) -> None:
    """Reject options that have no effect with `--ops`, and unknown operations.

    Raises:
        click.BadParameter: for these.
    """
    if not ops:
        if op:
            raise click.BadParameter("goes with --ops", param_hint="--op")
        return
    _known("--op", op, {row.name for row in ROWS})
    for name in ("family", "loss", "check", "target", "kind", "reference"):
        if options[name]:
            raise click.BadParameter(
                "is about losses, which --ops leaves out", param_hint=f"--{name}"
            )


def _backends(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            facts(value)
        except LookupError as error:
            raise click.BadParameter(
                f"must be {error.args[0]}; got {value!r}", param_hint="--backends"
            ) from error
    return tuple(dict.fromkeys(values))


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
    """Reject options that would have no effect, and a module that does not exist."""
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
