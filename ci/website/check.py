"""What a built site must not have: requests to other hosts, dead links, lost pages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {
    ("audio", "src"),
    ("embed", "src"),
    ("feimage", "href"),
    ("feimage", "xlink:href"),
    ("iframe", "src"),
    ("image", "href"),
    ("image", "xlink:href"),
    ("img", "src"),
    ("input", "src"),
    ("link", "href"),
    ("object", "data"),
    ("script", "src"),
    ("source", "src"),
    ("track", "src"),
    ("use", "href"),
    ("use", "xlink:href"),
    ("video", "poster"),
    ("video", "src"),
}
"""Attributes whose address a browser loads by itself."""

NO_REQUEST = {"alternate", "author", "canonical", "license", "next", "prev"}
"""Kinds of <link> that are not loaded."""

IN_STYLE = re.compile(r"""(?:@import\s+|url\()["']?((?:https?:)?//[^)"'\s]+)""")
OF_SCRIPT = re.compile(r'class="[^"]*\bmermaid\b')
"""What makes the script of the theme load one from another host."""


def outside(address: str) -> bool:
    """Whether an address is of another host."""
    return bool(urlsplit(address.strip()).netloc)


class Page(HTMLParser):
    """What a page loads, links to, and has as anchors."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self._style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses of an element."""
        given = {name: value or "" for name, value in attrs}
        self._style = tag == "style"
        self.anchors |= {given[key] for key in ("id", "name") if key in given}
        if "style" in given:
            self.loads += IN_STYLE.findall(given["style"])
        for candidate in given.get("srcset", "").split(","):
            self.loads += candidate.split()[:1]
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        kinds = set(given.get("rel", "").lower().split())
        if tag == "link" and kinds and kinds <= NO_REQUEST:
            return
        self.loads += [given[a] for t, a in LOADS if t == tag and a in given]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Treat `<path/>` as `<path>`."""
        self.handle_starttag(tag, attrs)
        self._style = False

    def handle_endtag(self, tag: str) -> None:
        """Leave a style sheet."""
        self._style = False

    def handle_data(self, data: str) -> None:
        """Note what a style sheet within the page loads."""
        if self._style:
            self.loads += IN_STYLE.findall(data)


def requests(text: str, style: bool = False) -> list[str]:
    """What a page or style sheet would load from another host."""
    if style:
        return IN_STYLE.findall(text)
    found = [address for address in Page(text).loads if outside(address)]
    return found + OF_SCRIPT.findall(text)


def dead(site: Path, pages: dict[Path, Page]) -> list[str]:
    """The links within the site whose page, file or anchor is not there."""
    found = []
    for path, page in pages.items():
        if path.name == "404.html":  # served at any address, so its links are absolute
            continue
        for address in [*page.links, *page.loads]:
            parts = urlsplit(address.strip())
            if parts.scheme or parts.netloc:
                continue
            here = path.relative_to(site).as_posix()
            to = path.parent / unquote(parts.path) if parts.path else path
            to = to.resolve()
            if to.is_dir():
                to = to / "index.html"
            if not to.is_file() or not to.is_relative_to(site):
                found.append(f"{here} links to {address}, which is not there")
            elif parts.fragment and to in pages:
                if unquote(parts.fragment) not in pages[to].anchors:
                    found.append(f"{here} links to {address}, an anchor that is not")
    return found


def problems(site: Path, losses: int) -> list[str]:
    """What is wrong with a built site."""
    site, found, pages = site.resolve(), [], {}
    for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        text = path.read_text(encoding="utf-8")
        for request in requests(text, path.suffix == ".css"):
            found.append(f"{path.relative_to(site)} loads {request[:120]}")
        if path.suffix == ".html":
            pages[path] = Page(text)
    found += dead(site, pages)
    written = [p for p in (site / "losses").glob("*.html") if p.stem != "index"]
    if len(written) != losses:
        found.append(f"{len(written)} pages of losses, not {losses}")
    if not (site / "search" / "search_index.js").is_file():
        found.append("no search/search_index.js: a page opened as a file cannot search")
    return found
