"""The pages of the site beside those of the losses, and the parts of theirs."""

# Long because each page of the site is a few lines here.

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import benchmarks.published
import code_blocks
import make_docs
import programs
import promises
from source import families

UP = ".."
"""From a page of a loss or program to the others."""

Written = dict[str, list[tuple[str, str, str]]]


# --- the parts of a page of a loss ----------------------------------------------------


def plot(name: str, found: dict[str, dict[str, Any]], pictures: Any) -> str:
    """The picture with a line that says what it shows; empty without a measurement."""
    if not found:
        return ""
    case = next(iter(found.values()))["case"]
    said = f"Value and gradient of the case `{case}`, by {', '.join(found)}: one number"
    said += " of the predictions moves, the others stay; the arrow is what it was."
    if any("keras" in each for each in found.values()):
        said += " Dotted: Keras's loss of that name."
    drawn = pictures.picture(name, found)
    if drawn is None:
        return ""
    said += "".join(f" {note}" for note in drawn.notes)
    both = zip(("value", "gradient"), drawn.pictures, strict=True)
    figures = "".join(
        f"<figure><figcaption>{which}</figcaption>{svg}</figure>" for which, svg in both
    )
    return f'<div class="curve">{figures}{drawn.legend}</div>\n\n{said}'


def parity_rows(page: Path, folder: Path | None) -> tuple[list[str], dict[str, str]]:
    """The head of the table of a run, and its rows by loss."""
    own = folder / "by_loss.md" if folder else page
    text = page.read_text(encoding="utf-8")
    newer = own.read_text(encoding="utf-8") if own.exists() else ""
    head, rows = _table(text)
    if newer and _table(newer)[0] == head:
        rows |= _table(newer)[1]
    return head, rows


def _table(text: str) -> tuple[list[str], dict[str, str]]:
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| Loss |"))
    rows = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows[line.split("|")[1].strip()] = line
    return lines[start : start + 2], rows


def results(name: str, found: tuple[list[str], dict[str, str]]) -> str:
    """The row of a loss in the table of the last run."""
    head, rows = found
    if name not in rows:
        return ""
    lines = ["## Backends", "", *head, rows[name], ""]
    lines.append("The worst errors of the value, and in brackets of the gradient, in")
    lines.append(
        f"float32 against a float64 reference, in [all checks]({UP}/parity.md)."
    )
    return "\n".join(lines)


def peers(path: Path) -> dict[str, list[dict[str, Any]]]:
    """What other libraries have, by our loss; nothing where the file is not there."""
    found: dict[str, list[dict[str, Any]]] = {}
    if path.exists():
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        for row in content.get("loss", []):
            if row.get("ours"):
                found.setdefault(row["ours"], []).append(row)
    return found


def equal(name: str, found: dict[str, list[dict[str, Any]]]) -> str:
    """The losses of other libraries in whose place this one stands."""
    if name not in found:
        return ""
    lines = [
        "## In other libraries",
        "",
        "| Library | Theirs | Ours | |",
        "|:--|:--|:--|:--|",
    ]
    for row in found[name]:
        similar = "" if row.get("equal") else "similar. "
        note = similar + row.get("note", "")
        ours = f"`{name}({row.get('arguments', '')})`"
        cells = [row["library"], f"`{row['theirs']}`", ours, note.replace("|", "\\|")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def users(names: list[str]) -> str:
    """The programs that use a loss."""
    if not names:
        return ""
    lines = [f"* [{name}.py]({UP}/examples/{name}.md)" for name in names]
    return "\n".join(["## Programs that use it", "", *lines])


# --- the other pages ------------------------------------------------------------------


def write_all(
    root: Path,
    source: Path,
    written: Written,
    texts: dict[Path, str],
    drawn: dict[str, str],
    backends: list[str],
    only: list[str],
) -> None:
    """Write every page that is about no single loss."""
    known = {name for names in written.values() for name, *_ in names}
    copied = {p.stem: p for p in sorted((root / "docs").glob("*.md"))}
    del copied["catalogue"]  # the pages of the losses have it
    copied["benchmarks"] = benchmarks.published.PAGE
    for name, path in copied.items():
        text = linked(path.read_text(encoding="utf-8"), set(copied))
        (source / f"{name}.md").write_text(text)
    out = {
        "index.md": first(root, written, texts),
        "choose.md": choose(root, known),
        "losses/index.md": catalogue(written),
        "examples/index.md": gallery(texts, drawn),
        "harness.md": harness(root, set(copied)),
        "promises.md": linked(promises.page(root, backends), set(copied)),
    }
    for name, text in out.items():
        (source / name).write_text(text)
    (source.parent / "nav.json").write_text(
        json.dumps(navigation(set(copied), written))
    )


TITLES = {
    "guide": "Guide",
    "cookbook": "Questions",
    "parity": "Last run",
    "ops": "keras.ops by backend",
    "pins": "Pinned operations",
    "backends": "Backends",
    "migration": "Coming from another library",
    "audit": "Audit of keras.losses",
    "check": "The command check",
    "pytest": "In your tests",
    "list_and_match": "Find a loss",
    "wide_machines": "Many accelerators",
    "benchmarks": "Benchmarks",
}


def navigation(copied: set[str], written: Written) -> list[Any]:
    """The tabs, and what is below each; a page of docs/ without a place is an error."""
    left = set(copied)

    def those(*names: str) -> list[dict[str, str]]:
        left.difference_update(names)
        return [{TITLES[name]: f"{name}.md"} for name in names]

    of_losses: list[Any] = [{"All": "losses/index.md"}]
    for family, names in written.items():
        links = [{name: f"losses/{name}.md"} for name, *_ in names]
        of_losses.append({heading(family): links})
    tabs: list[Any] = [
        {"Home": "index.md"},
        {"What do you have?": "choose.md"},
        {"Losses": [*of_losses, *those("list_and_match")]},
        {"Cookbook": [*those("cookbook"), {"Gallery": "examples/index.md"}]},
        {"Guide": those("guide", "migration", "wide_machines")},
        {"Numerics": those("ops", "pins", "audit")},
        {
            "Harness": [
                {"Your own loss": "harness.md"},
                *those("check", "pytest", "parity", "backends"),
            ]
        },
        {"Promises": [{"Versions and overhead": "promises.md"}, *those("benchmarks")]},
    ]
    if left:
        raise ValueError(
            f"pages: `navigation` must have every page of docs/; got "
            f"left={sorted(left)} (give each a title and a tab)"
        )
    return tabs


def linked(text: str, pages: set[str]) -> str:
    """A page of docs/ with links to pages of the site; another file is only named."""

    def to(match: re.Match[str]) -> str:
        words, target, anchor = match[1], match[2], match[3] or ""
        program = re.fullmatch(r"(?:docs/)?examples/(\w+)\.py", target)
        if program:
            return f"[{words}](examples/{program[1]}.md)"
        page = re.fullmatch(r"(?:docs/)?(\w+)\.md", target)
        if page and page[1] == "catalogue":
            return f"[{words}](losses/index.md{anchor})"
        if page and page[1] in pages:
            return f"[{words}]({page[1]}.md{anchor})"
        return match[0] if "://" in target else words

    text = code_blocks.visible(text)
    return re.sub(r"\[([^\]\n]+)\]\(([^)#\s]+)(#[^)]*)?\)", to, text)


def between(text: str, begin: str, end: str = "\n## ") -> str:
    """The part of a page from a heading to the next."""
    start = text.index(begin)
    stop = text.find(end, start + len(begin))
    return text[start : stop if stop > 0 else len(text)]


def first(root: Path, written: Written, texts: dict[Path, str]) -> str:
    """The product in one screen."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    claim = readme.split("\n\n")[1]
    block = re.search(r"```python\n.*?```", readme, re.S)
    table = re.search(r"\| \| Keras.*?(?=\n\n)", readme, re.S)
    count = sum(len(names) for names in written.values())
    cards = [
        ("[What do you have?](choose.md)", "From your data to the losses that fit."),
        ("[Losses](losses/index.md)", f"{count} pages: formula, plot, checks."),
        ("[Cookbook](cookbook.md)", f"{len(texts)} programs answer questions."),
        ("[Your own loss](harness.md)", "One command checks it on every backend."),
    ]
    lines = [
        "---",
        "hide: [navigation, toc]",
        "---",
        "# portable_losses",
        "",
        claim,
        "",
    ]
    lines += ['<div class="cards" markdown>']
    for link, about in cards:
        lines += ["<div markdown>", "", f"**{link}**<br>{about}", "", "</div>"]
    lines += ["</div>", "", table[0] if table else "", "", block[0] if block else ""]
    return "\n".join([*lines, ""])


def choose(root: Path, known: set[str]) -> str:
    """What you have, what you want, and the losses."""
    lines = ["---", "hide: [toc]", "---", "# What do you have?", ""]
    for folder in families(root).values():
        rows = []
        for have, want, names in make_docs.problems_of(folder):
            shown = [f"[{n}](losses/{n}.md)" if n in known else n for n in names]
            rows.append(f"| {have} | {want} | {', '.join(shown)} |")
        if rows:
            heads = ["You have", "You want", "Losses"]
            lines += [f"## {folder.name.capitalize()}", "", *make_docs.head(heads)]
            lines += [*rows, ""]
    return "\n".join(lines) + "\n"


def heading(family: str) -> str:
    """What a folder of losses is called on the site."""
    return "Base class" if family == "core" else family.capitalize()


def catalogue(written: Written) -> str:
    """Every loss, by family."""
    lines = [
        "# Losses",
        "",
        "Arguments that all have, masks, weights and dtypes are in",
    ]
    lines += [f"the [guide]({UP}/guide.md).", ""]
    for family, names in written.items():
        lines += [
            f"## {heading(family)}",
            "",
            *make_docs.head(["Name", "Also known as"]),
        ]
        for name, title, _ in names:
            lines.append(f"| [{name}]({name}.md) | {title.rstrip('.')} |")
        lines.append("")
    return "\n".join(lines)


def gallery(texts: dict[Path, str], drawn: dict[str, str]) -> str:
    """The programs: first those with a picture."""
    lines = ["---", "hide: [toc]", "---", "# Gallery", ""]
    lines += ['<div class="gallery" markdown>']
    for path in sorted(texts, key=lambda p: (p.stem not in drawn, p.stem)):
        lines += ["<div markdown>", "", f"**[{path.stem}]({path.stem}.md)**", ""]
        if path.stem in drawn:
            lines += [f"[![{path.stem}]({drawn[path.stem]})]({path.stem}.md)", ""]
        lines += [programs.title(texts[path]), "", "</div>"]
    return "\n".join([*lines, "</div>", ""])


def harness(root: Path, pages: set[str]) -> str:
    """How losses are checked, of the README and of how a check is written."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    parts = [between(readme, "## Your own loss"), between(readme, "## Check it on")]
    text = "\n\n".join(part.strip() for part in parts)
    lines = [
        "# The harness",
        "",
        "Every loss, ours or yours, is held against a float64 reference on each",
        "backend; [the last run](parity.md) has the numbers.",
    ]
    return linked("\n".join([*lines, "", text, ""]), pages)
