"""The group of subcommands; each is imported when it is used."""

import importlib

import click

COMMANDS = {
    "check": (
        "portable_losses.command.check",
        "Find what is wrong with losses, and how to fix it.",
    ),
    "list": (
        "portable_losses.command.list",
        "Find a loss by name, synonym, problem or a peer's name.",
    ),
    "match": (
        "portable_losses.command.match",
        "Name the loss of the catalogue that equals a function of yours.",
    ),
    "parity": (
        "portable_losses.command.parity",
        "Run the parity matrix: every loss of the catalogue on every backend.",
    ),
}
"""Module and summary of each subcommand; the module calls its command `command`."""


class Group(click.Group):
    """Subcommands by name; only the one that is used is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(
                f"{args[0]!r} is no subcommand; there are "
                f"{', '.join(self.list_commands(ctx))}."
            )
        return super().resolve_command(ctx, args)

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.command(
    cls=Group,
    name="portable-losses",
    context_settings={"help_option_names": ["-h", "--help"]},
)
def main() -> None:
    """Losses for Keras 3, and a command that checks yours."""
