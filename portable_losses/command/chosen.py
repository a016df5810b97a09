"""The variable KERAS_BACKEND, read before Keras reads it."""

import difflib
import os

import click

from portable_losses._adapters import facts, known


def require_backend() -> None:
    """Reject a KERAS_BACKEND that Keras knows nothing of.

    The workers have backends of their own; whoever set it meant something by it.
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
