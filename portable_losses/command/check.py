"""`portable-losses check`: what is wrong with a loss, and how to fix it."""

import click


@click.command(name="check")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
def command(targets: tuple[str, ...]) -> None:
    """Find what is wrong with losses, and how to fix it."""
    raise click.UsageError(f"no loss found in {targets[0]}")
