"""What a built site must not have: requests to other hosts, and missing pages."""

from __future__ import annotations

import re
from pathlib import Path

REQUEST = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)[^>]*\ssrc=["']?(?:https?:)?//[^>]*>"""
    r"""|<link(?=[^>]*rel=["']?(?:stylesheet|preload|preconnect|icon|dns-prefetch))"""
    r"""[^>]*href=["']?(?:https?:)?//[^>]*>"""
)
IN_STYLE = re.compile(r"""(?:@import\s+|url\()["']?(?:https?:)?//[^)"']+""")


def requests(text: str, style: bool = False) -> list[str]:
    """What a page or style sheet would load from another host."""
    return [found[0] for found in (IN_STYLE if style else REQUEST).finditer(text)]


def problems(site: Path, losses: int) -> list[str]:
    """What is wrong with a built site."""
    found = []
    for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        text = path.read_text(encoding="utf-8")
        for request in requests(text, path.suffix == ".css"):
            found.append(f"{path.relative_to(site)} loads {request[:120]}")
    pages = [p for p in (site / "losses").glob("*.html") if p.stem != "index"]
    if len(pages) != losses:
        found.append(f"{len(pages)} pages of losses, not {losses}")
    return found
