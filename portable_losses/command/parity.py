"""`portable-losses parity`: the parity matrix."""

import os
import subprocess
import sys

import click

from portable_losses.command.chosen import require_backend


@click.command(
    name="parity",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run the parity matrix: every loss of the catalogue on every backend."""
    require_backend()
    # A separate process, since it imports Keras, with the backend that imports fastest.
    environment = {**os.environ}
    environment.setdefault("KERAS_BACKEND", "numpy")
    program = [sys.executable, "-m", "portable_losses.parity", *arguments]
    sys.exit(subprocess.call(program, env=environment))
