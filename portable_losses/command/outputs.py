"""The files that `portable-losses check` writes: their paths, and the page."""

import datetime
import importlib.util
import pathlib
import platform
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from portable_losses.parity.examine.findings import Report
from portable_losses.parity.examine.session import Options

if TYPE_CHECKING:
    from portable_losses.parity.examine.looked import Asked

INPUTS = "portable_losses.inputs"
"""The key in click's context for the path of the inputs; the option itself holds
arrays."""


def page_file(_: Any, __: Any, value: str | None) -> pathlib.Path | None:
    """The file of the page; a file that does not end in .html is rejected."""
    if value is None:
        return None
    if pathlib.Path(value).suffix not in (".html", ".htm"):
        # The page must never overwrite a Python file of the user.
        raise click.BadParameter(f"must be a file that ends in .html; got {value!r}")
    missing = [name for name in ("jinja2",) if importlib.util.find_spec(name) is None]
    if missing:
        raise click.BadParameter(
            'needs jinja2, not installed here (pip install "portable-losses[parity]")'
        )
    return pathlib.Path(value)


def asked_for(
    options: Options, began: datetime.datetime, versions: dict[str, str]
) -> "Asked":
    """The options of this run, which the page shows."""
    from portable_losses.parity.examine.looked import Asked

    given = click.get_current_context()
    words: list[str] = []
    for name in ("kind", "reference", "backends", "shape", "inputs", "timeout"):
        if given.get_parameter_source(name) == ParameterSource.DEFAULT:
            continue
        value = given.params[name]
        if name == "inputs":
            value = given.meta[INPUTS]
        elif isinstance(value, tuple):
            value = ",".join(map(str, value))
        words += [f"--{name}", f"{value:g}" if name == "timeout" else str(value)]
    words += ["--strict"] if options.strict else []
    words += ["--report", str(given.params["page_file"])]
    return Asked(
        backends=options.backends,
        options=tuple(words),
        said=options.kind is not None,
        reference=options.reference or "",
        own_inputs=options.inputs is not None,
        strict=bool(options.strict),
        versions=versions,
        when=f"{began:%Y-%m-%d %H:%M} UTC",
        machine=f"{platform.system()} {platform.machine()}",
    )


def write_page(
    path: pathlib.Path,
    reports: Sequence[Report],
    measured: Mapping[int, dict[str, Any]],
    names: Sequence[str],
    asked: "Asked",
) -> None:
    """Write the page; the keys of `measured` are the indices of reports."""
    from portable_losses.parity.examine.page import page  # needs jinja2

    page(
        path, reports, [measured.get(i, {}) for i in range(len(reports))], names, asked
    )


def require_writable(option: str, output: pathlib.Path | None) -> None:
    """Reject a file that cannot be written; an old one is removed."""
    if output is None:
        return
    folder = output.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # If the run fails, no old report must remain.
        output.unlink(missing_ok=True)
        output.touch()
        output.unlink()
    except OSError as error:
        raise click.UsageError(
            f"{option}: {output} cannot be written ({error.strerror})."
        ) from error
