"""The page for those who come from another library, of the table of peers."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any

TABLE = ("portable_losses", "command", "peers.toml")


@functools.cache
def table(root: Path) -> dict[str, list[dict[str, Any]]]:
    """The libraries and their losses."""
    return tomllib.loads(root.joinpath(*TABLE).read_text(encoding="utf-8"))


def peers(root: Path) -> dict[str, list[str]]:
    """The names of each loss of ours in other libraries, as links to their tables.

    A sum of losses has no name of its own here, and Keras's names are ours.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for row in table(root)["loss"]:
        if row["ours"] and "construct" not in row and row["library"] != "keras":
            of_library = found.setdefault(row["ours"], {})
            of_library.setdefault(row["library"], []).append(f"`{row['theirs']}`")
    return {
        ours: [
            f"[{library}](migration.md#{anchor(library)}): {', '.join(names)}"
            for library, names in of_library.items()
        ]
        for ours, of_library in found.items()
    }


def anchor(title: str) -> str:
    """What a heading is linked by."""
    return title.lower().replace(" ", "-")


def page(root: Path) -> str:
    """The page: how many losses of each library are here, and a table of each."""
    libraries, rows = table(root)["library"], table(root)["loss"]
    lines = [
        "# Coming from another library",
        "",
        "Written by `ci/make_docs.py` from `portable_losses/command/peers.toml`: each",
        "loss of eleven libraries, and what stands in its place here. A row has the",
        "value of theirs, and the gradient, by their mean over the batch where they",
        'have a `reduction`, unless it begins with "similar", or says what differs. A',
        "test compares the numbers of every library that is installed, and",
        '`nox -s "migration(torch)"` installs some. Images, volumes and maps have',
        "their channels last here; y_true comes first, and y_pred second.",
        "",
        "| Library | Version | Losses | The same here | Similar | Not here |",
        "|:--|:--|--:|--:|--:|--:|",
    ]
    for library in libraries:
        name = library["name"]
        states = [state(row) for row in rows if row["library"] == name]
        counts = [states.count(s) for s in ("same", "similar", "not here")]
        cells = [f"[{name}](#{anchor(name)})", library["version"], len(states), *counts]
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    for library in libraries:
        lines += section(library, [r for r in rows if r["library"] == library["name"]])
    return "\n".join(lines) + "\n"


def state(row: dict[str, Any]) -> str:
    """Whether a loss is here: the same, a similar one, or none."""
    if not row["ours"]:
        return "not here"
    return "same" if row["equal"] else "similar"


def section(library: dict[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    """The table of a library."""
    lines = ["", f"## {library['name']}", "", "| Theirs | Ours | What differs |"]
    lines.append("|:--|:--|:--|")
    for row in rows:
        theirs = ", ".join(
            f"`{name}`" for name in (row["theirs"], *row.get("also", ()))
        )
        ours = {"same": "", "similar": "similar: ", "not here": "not here"}[state(row)]
        if row["ours"]:
            ours += f"`{construction(row)}`".replace("|", "\\|")
        lines.append(
            f"| {theirs} | {ours} | {row['note'].replace('|', chr(92) + '|')} |"
        )
    return lines


def construction(row: dict[str, Any]) -> str:
    """What to write for a row, as Python."""
    text = row.get("construct") or f"{row['ours']}({row['arguments']})"
    return f"{row['factor']:g} * {text}" if "factor" in row else str(text)
