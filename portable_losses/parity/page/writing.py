"""Writes a page from its template: one file that loads nothing."""

import json
import math
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from portable_losses.parity.page.colors import COLORS

TEMPLATES = Path(__file__).parent / "templates"


def write(path: Path, template: str, **content: Any) -> Path:
    """Write a page and return its path; its folder is made."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= content.pop("filters", {})
    environment.globals |= {"colors": COLORS, "data": data, "inline": _inline}
    text = environment.get_template(template).render(**content)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A message of user code may contain characters that UTF-8 cannot encode.
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path


def data(content: Any) -> Markup:
    """JSON for a script of the page, escaped so that it cannot end the element."""
    text = json.dumps(_plain(content), separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _inline(name: str) -> Markup:
    """A style sheet or a script, unescaped: it contains no data of a run."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def _plain(content: Any) -> Any:
    """The same content with NaN and infinities as strings, since JSON lacks them."""
    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return str(content)
    return content
