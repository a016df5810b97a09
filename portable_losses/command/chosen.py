"""The backends that an option or KERAS_BACKEND selects."""

import difflib
import os
from typing import Any

import click

from portable_losses._adapters import facts, known


def require_backend() -> None:
    """Reject a KERAS_BACKEND that Keras does not know.

    The workers do not use it, but a wrong value is a mistake that the user should know.
    """
    name = os.environ.get("KERAS_BACKEND", "")
    if not name:
        return
    try:
        facts(name)
    except LookupError as rule:
        near = difflib.get_close_matches(name.lower(), known(), n=1)
        hint = f"did you mean {near[0]}?" if near else "or leave it out"
        raise click.UsageError(
            f"KERAS_BACKEND must be {rule}; got KERAS_BACKEND={name!r} ({hint})."
        ) from rule


def backends_of(_: Any, __: Any, value: str | None) -> tuple[str, ...]:
    """The backends of an option, all that are installed by default."""
    names = tuple(known())
    able = tuple(
        b for b in names if facts(b).gradients and facts(b).default is not None
    )
    asked = tuple(v.strip() for v in value.split(",")) if value is not None else able
    for name in asked:
        if name not in names or not facts(name).gradients:
            raise click.BadParameter(
                f"must be among {', '.join(b for b in names if facts(b).gradients)}, "
                f"with a comma between two; got {name!r}"
            )
    missing = [b for b in asked if facts(b).missing]
    if missing and (value is not None or len(missing) == len(asked)):
        commands = "; ".join(facts(b).command for b in missing)
        raise click.BadParameter(f"not installed: {', '.join(missing)} ({commands})")
    if missing:
        click.echo(
            f"not installed, and left out: {', '.join(missing)}. A loss is portable "
            "only where it was checked.",
            err=True,
        )
    return tuple(dict.fromkeys(b for b in asked if b not in missing))
