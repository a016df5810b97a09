"""The programs of docs/examples: a page each, and which losses they use."""

from __future__ import annotations

import ast
import re
from pathlib import Path

UP = ".."
"""From the page of a program to those of losses."""


def used(program: str, public: set[str]) -> list[str]:
    """The public names that a program uses."""
    found = set()
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Attribute) and node.attr in public:
            if ast.unparse(node.value) == "portable_losses":
                found.add(node.attr)
        if isinstance(node, ast.ImportFrom) and node.module == "portable_losses":
            found |= {alias.name for alias in node.names} & public
    return sorted(found)


def title(program: str) -> str:
    """The first line of a program's docstring."""
    return (ast.get_docstring(ast.parse(program)) or "").partition("\n")[0]


def page(path: Path, names: list[str], picture: str) -> str:
    """The Markdown of a program."""
    text = path.read_text(encoding="utf-8")
    about = ast.get_docstring(ast.parse(text)) or path.stem
    first, _, rest = about.partition("\n")
    lines = [f"# {path.stem.replace('_', ' ').capitalize()}", "", first, ""]
    if rest.strip():
        lines += [rest.strip(), ""]
    if picture:
        lines += [f"![What {path.name} draws]({picture})", ""]
    if names:
        links = ", ".join(f"[{name}]({UP}/losses/{name}.md)" for name in names)
        lines += [f"It uses {links}.", ""]
    lines += [
        "```sh",
        f"KERAS_BACKEND=jax python docs/examples/{path.name}",
        "```",
        "",
        f'```python title="{path.name}"',
        re.sub(r"^```", "` ` `", text, flags=re.M).rstrip(),
        "```",
    ]
    return "\n".join(lines) + "\n"
