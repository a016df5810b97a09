"""The page of a loss, from its docstring and from what was measured."""

from __future__ import annotations

import ast
import re
import textwrap
from html import escape

import formula
from latex2mathml.converter import convert

PARTS = (
    "Shapes:",
    "Args:",
    "Edge cases:",
    "Raises:",
    "Example:",
    "Reference:",
    "Differs:",
    "Returns:",
    "Values:",
)


def mathematics(block: str, arguments: list[str]) -> str:
    """A formula of a docstring as MathML, with its LaTeX for those who copy it."""
    tex = formula.latex(block, arguments)
    # Within \\text the converter keeps the sign that LaTeX needs before `_`.
    shown = convert(tex, display="block").replace(r"\_", "_")
    return f'<div class="formula" title="{escape(tex)}">{shown}</div>'


def page(
    node: ast.ClassDef | ast.FunctionDef,
    arguments: dict[str, str | None],
    beside: dict[str, str],
) -> str:
    """The Markdown of a loss, layer or function.

    Args:
        node: its definition.
        arguments: its arguments with their defaults.
        beside: what is not in the docstring: `picture`, `results`, `peers`, `programs`.
    """
    text = ast.get_docstring(node) or ""
    title, *parts = text.split("\n\n")
    lines = [f"# {node.name}", "", f"*{prose(title)}*", ""]
    call = ", ".join(k if v is None else f"{k}={v}" for k, v in arguments.items())
    code = f"portable_losses.{node.name}({call})"
    lines += [
        "```python",
        *textwrap.wrap(code, 80, subsequent_indent="    "),
        "```",
        "",
    ]
    drawn = False
    for part in parts:
        dedented = textwrap.dedent(part)
        head = next((p for p in PARTS if part.startswith(p)), "")
        if head and not drawn:
            lines += [beside.get("picture", ""), ""]
            drawn = True
        if not head and part.startswith("    ") and not drawn:
            block = dedented.rstrip()
            if formula.PROSE.match(block):
                lines += ["```text", block, "```", ""]
            else:
                lines += [mathematics(block, list(arguments)), ""]
        elif head:
            lines += section(head, dedented[len(head) :])
        elif part.startswith("* "):
            lines += [*bullets(part), ""]
        elif part.startswith("    "):
            lines += ["```text", dedented.rstrip(), "```", ""]
        else:
            lines += [prose(dedented), ""]
    for name in ("results", "peers", "programs"):
        if beside.get(name):
            lines += [beside[name], ""]
    return "\n".join(lines) + "\n"


def bullets(part: str) -> list[str]:
    """A list of a docstring, an entry a line."""
    return [f"* {prose(entry)}" for entry in re.split(r"^\* ", part, flags=re.M)[1:]]


def section(head: str, body: str) -> list[str]:
    """A part of a docstring under its heading."""
    title = {"Args:": "Arguments", "Differs:": "Where it differs"}.get(head, head[:-1])
    lines = [f"## {title}", ""]
    if head == "Example:":
        return [*lines, "```pycon", textwrap.dedent(body).strip("\n"), "```", ""]
    if head in ("Args:", "Raises:"):
        entries = re.findall(
            r"^    (\S[^:\n]*): (.*(?:\n {5,}.*)*)", body.replace("\t", "    "), re.M
        )
        if entries:
            for name, about in entries:
                lines += [f"* `{name}`: {prose(about)}"]
            return [*lines, ""]
    said = textwrap.dedent(body).strip()
    return [*lines, prose(said[:1].upper() + said[1:]), ""]


def prose(text: str) -> str:
    """The words of a docstring as Markdown: a `*` or `_` of a formula stays one.

    What looks like mathematics in a sentence is set as it is written.
    """
    text = " ".join(text.split())
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else _escaped(part) for part in parts)


def _escaped(text: str) -> str:
    shown = re.sub(r"([*_\[\]])", r"\\\1", text).replace("<", "&lt;")
    # A term that a docstring introduces, such as *item*, is no product.
    return re.sub(r"(?<!\S)\\\*([a-z]+)\\\*(?=[\s.,:;]|$)", r"*\1*", shown)
