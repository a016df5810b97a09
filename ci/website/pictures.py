"""The picture of a loss: that of the report of the harness, as the site is styled."""

from __future__ import annotations

from typing import Any

from portable_losses.parity.page.colors import COLORS
from portable_losses.parity.page.curves import Curves, curves
from portable_losses.parity.page.writing import TEMPLATES

SCHEMES = (':root, [data-md-color-scheme="default"]', '[data-md-color-scheme="slate"]')
"""How the site's theme names light and dark."""


def picture(name: str, found: dict[str, dict[str, Any]]) -> Curves | None:
    """What each backend measured, drawn: value and gradient, and what they show."""
    return curves(name, found, ours="ours")


def style() -> str:
    """The style sheet of the pictures: the report's, under the site's two schemes."""
    rules = []
    for turn, scheme in enumerate(SCHEMES):
        values = "; ".join(f"--{name}: {both[turn]}" for name, both in COLORS.items())
        rules.append(f"{scheme} {{ {values} }}")
    rules.append((TEMPLATES / "plot.css").read_text(encoding="utf-8"))
    return "\n".join(rules)
