"""`portable-losses list`: finds a loss by name, synonym, problem or a peer's name."""

import json
import sys
from collections.abc import Iterator, Sequence

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from portable_losses.command.catalogue import Entry
from portable_losses.command.peers import Peer
from portable_losses.command.search import Found, search

FEW = 12
"""Up to this many losses are shown with all details."""
WIDE = 130
"""From this width of the terminal on, the list shows what each loss is for."""


@click.command(name="list")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print what was found as JSON, for programs.",
)
def command(words: tuple[str, ...], as_json: bool) -> None:
    r"""Find a loss by its name, a synonym, a problem, a family, or a peer's name.

    \b
    portable-losses list pinball
    portable-losses list imbalanced segmentation
    portable-losses list torchvision sigmoid_focal_loss

    Without a WORD, every loss is listed by family. Exits with 1 where nothing is found.
    """
    found = search(words)
    if as_json:
        click.echo(json.dumps(_facts(found), indent=1))
    else:
        _show(found, " ".join(words), Console())
    sys.exit(0 if found.entries or found.peers else 1)


def _facts(found: Found) -> dict[str, object]:
    return {
        "losses": [
            {
                "name": entry.name,
                "family": entry.family,
                "also_known_as": entry.title,
                "for": [{"have": h, "want": w} for h, w in entry.problems],
                "penalizes": entry.about,
                "takes": entry.takes,
                "construct": entry.construct,
            }
            for entry in found.entries
        ],
        "peers": [
            {
                "library": peer.library,
                "theirs": peer.theirs,
                "construct": peer.construct,
                "note": peer.note,
            }
            for peer in found.peers
        ],
        "taken_for": found.instead,
    }


def _show(found: Found, query: str, console: Console) -> None:
    if not found.entries and not found.peers:
        Console(stderr=True).print(
            Text(
                f"portable-losses list: no loss is known by {query!r} (try one word, "
                "such as pinball, imbalanced or segmentation; without a word, all "
                "losses are listed)"
            ),
            highlight=False,
            soft_wrap=True,
        )
        return
    if found.instead:
        console.print(
            Text(f"Nothing is called {query!r}; this is {found.instead!r}.\n")
        )
    if found.peers:
        _show_peers(found.peers, console)
    several = len(found.entries) > FEW
    for family, entries in _by_family(found.entries) if several else [("", [])]:
        if several:
            console.print(Text(family.capitalize(), style="bold"))
            console.print(_short(entries, wide=console.width >= WIDE))
            console.print()
    if not several:
        _show_few(found.entries, console)


def _show_peers(peers: Sequence[Peer], console: Console) -> None:
    for peer in peers:
        line = Text(f"{peer.library} {peer.theirs}", style="bold")
        line.append(
            f" is {peer.construct}" if peer.construct else ": there is none of ours"
        )
        console.print(line, soft_wrap=True)
        if peer.note:
            console.print(Padding(Text(peer.note), (0, 0, 0, 2)))
    console.print()


def _show_few(entries: Sequence[Entry], console: Console) -> None:
    """Print one block per loss: in a table, the columns would be too narrow."""
    for entry in entries:
        head = Text(entry.name, style="bold")
        head.append(f"  {entry.family}", style="dim")
        console.print(head)
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in _rows(entry):
            table.add_row(name, Text(value))
        console.print(Padding(table, (0, 0, 1, 2)))


def _rows(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "also", entry.title
    if entry.problems:
        yield "for", "; ".join(f"{have}: {want}" for have, want in entry.problems)
    yield "what", entry.about
    if entry.takes:
        yield "takes", entry.takes
    yield "make", entry.construct


def _short(entries: Sequence[Entry], wide: bool) -> Table:
    """One line per loss: its names, and if `wide` what it is for."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    for entry in entries:
        row = [Text(f"  {entry.name}"), Text(entry.title)]
        if wide:
            wants = "; ".join(f"{have}: {want}" for have, want in entry.problems)
            row.append(Text(wants or entry.about, style="dim"))
        table.add_row(*row)
    return table


def _by_family(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.family, []).append(entry)
    return list(found.items())
