"""Write the generated pages: the catalogue, the pins, and tables of a parity run.

    make_docs.py                         the catalogue, the pins, the migration page and
                                         the audit
    make_docs.py --results build/parity  and the parity tables, of a run; a run without
                                         the backends that run by default updates the
                                         table of backends alone
    make_docs.py --ops build/parity      and the chart of keras.ops, of a run
    make_docs.py --check                 fail if a page or a table is not current

The sources are read, not imported, so that no backend is needed.
"""

import argparse
import ast
import json
import re
from pathlib import Path

import audit
import benchmarks.published
import lanes
import migration
import pins
import wide_machines
from source import PACKAGE, by_itself, exported, exports, families, parse

ROOT = Path(__file__).resolve().parent.parent
TRAINING = ROOT / PACKAGE / "training"
CATALOGUE = ROOT / "docs" / "catalogue.md"
PARITY = ROOT / "docs" / "parity.md"
OPS = ROOT / "docs" / "ops.md"
PINS = ROOT / "docs" / "pins.md"
MIGRATION = ROOT / "docs" / "migration.md"
AUDIT = ROOT / "docs" / "audit.md"
EXAMPLES = ROOT / "docs" / "examples"
README = ROOT / "README.md"
BACKENDS = ROOT / "docs" / "backends.md"
SUMMARIES = ROOT / "docs" / "backends"
LIKE = {
    "classification": "classify_digits",
    "metric": "match_halves",
    "regression": "huber_delta",
    "sequence": "tag_tokens",
    "Brier": "classify_digits",
    "DistributionFocal": "find_boxes",
    "JensenShannon": "classify_digits",
    "LinearCrossentropy": "tag_tokens",
    "PenaltyReducedFocal": "segment_coins",
    "QualityFocal": "find_boxes",
    "Varifocal": "find_boxes",
}
"""The program in which a loss takes the place of another one with little change, where
no program uses the loss, or one that fits the same problem: by loss or by family."""

_catalogue = by_itself(ROOT / PACKAGE / "command" / "catalogue.py")
COMMON = _catalogue.COMMON
arguments = _catalogue.arguments
"""The arguments of a constructor by name, each with its default as it is written."""


def signature(public: ast.ClassDef | ast.FunctionDef, path: Path) -> str:
    """The arguments of a constructor or function, with their defaults.

    Those that a constructor hands to its base, as `**common`, are the base's.
    """
    return ", ".join(
        name if default is None else f"{name}={default}"
        for name, default in arguments(public, path).items()
        if name not in COMMON
    )


def catalogue() -> str:
    """The page: a table a family, a row a loss."""
    public = exported(ROOT)
    lines = [
        "# Catalogue",
        "",
        "Written by `ci/make_docs.py` from the docstrings. Every loss also takes",
        '`reduction="sum_over_batch_size"`, `name` and `dtype`; what they mean, and',
        "what all losses have in common, is in the [guide](guide.md). Below a name are",
        "those of other libraries; which arguments make theirs is in",
        "[migration.md](migration.md).",
    ]
    lines += problems()
    for folder in families(ROOT).values():
        title, heads = folder.name.capitalize(), ("Loss", "What it penalizes")
        if title == "Layers":
            heads = ("Layer", "What it does")
        lines += section(folder, title, *heads, public)
    lines += section(TRAINING, "Training", "Name", "What it does", public)
    return "\n".join(lines) + "\n"


def section(
    folder: Path, title: str, name: str, about: str, public: set[str]
) -> list[str]:
    """The table of a folder, empty where it has nothing public.

    What a family has beside its losses, such as `signed_distance`, has a second table.
    """
    rows: list[str] = []
    functions: list[str] = []
    peers, examples = migration.peers(ROOT), examples_of(public)
    for path in sorted(folder.glob("[!_]*.py")):
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef) or any(
                ast.unparse(decorator) == "overload"  # what follows is documented
                for decorator in node.decorator_list
            ):
                continue
            if node.name not in public:
                continue
            first, second = paragraphs(node)
            where = f"../{path.relative_to(ROOT).as_posix()}"
            shown = signature(node, path).replace("|", "\\|")
            shown = f"`{shown}`" if shown else ""
            cells = [f"[{node.name}]({where})", shown, first]
            if folder != TRAINING:
                known = "<br>".join([first.rstrip("."), *peers.get(node.name, [])])
                cells = [cells[0], known, shown, second]
            cells.append(", ".join(programs(node.name, folder, examples)))
            beside = isinstance(node, ast.FunctionDef) and folder != TRAINING
            (functions if beside else rows).append(f"| {' | '.join(cells)} |")
    if not rows:
        return []
    said_of_all = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    heads = [name, "Arguments", about, "Example"]
    if folder != TRAINING:
        heads.insert(1, "Also known as")
    lines = [*head(heads), *rows]
    if functions:
        heads = [
            "Function",
            "Also known as",
            "Arguments",
            "What it computes",
            "Example",
        ]
        lines += ["", *head(heads), *functions]
    return ["", f"## {title}", "", said_of_all or "", "", *lines]


def head(names: list[str]) -> list[str]:
    """The first two lines of a table."""
    return [f"| {' | '.join(names)} |", f"|{':--|' * len(names)}"]


def paragraphs(node: ast.ClassDef | ast.FunctionDef) -> tuple[str, str]:
    """The first two of a docstring: of a loss its name, and what it penalizes."""
    parts = [*(ast.get_docstring(node) or "").split("\n\n"), ""]
    first, second = (x.replace("\n", " ").replace("|", "\\|") for x in parts[:2])
    return first, second


def examples_of(public: set[str]) -> dict[str, list[str]]:
    """Links to the programs that use each public name, found in the programs."""
    found: dict[str, list[str]] = {}
    for path in sorted(EXAMPLES.glob("*.py")):
        used = {
            node.attr
            for node in ast.walk(parse(path))
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == PACKAGE
        }
        for name in used & public:
            found.setdefault(name, []).append(link(path.stem))
    return found


def link(program: str) -> str:
    """A link to a program."""
    return f"[{program}](examples/{program}.py)"


def programs(name: str, folder: Path, examples: dict[str, list[str]]) -> list[str]:
    """Links to the programs that use a name, or to one that is like it.

    Like it is the program of a loss that fits the same problem, or that of most losses
    of the family.
    """
    if name in examples or folder == TRAINING:
        return examples.get(name, [])
    if name in LIKE:
        return [f"like {link(LIKE[name])}"]
    listed = exports(folder / "__init__.py")
    for beside in (
        [n for *_, names in problems_of(folder) if name in names for n in names],
        [] if listed is None or folder.name in LIKE else listed.names,
    ):
        links = [x for other in beside for x in examples.get(other, ())]
        if links:
            most = min(set(links), key=lambda x: (-links.count(x), x))
            return [f"like {most}"]
    return [f"like {link(LIKE[folder.name])}"] if folder.name in LIKE else []


def problems() -> list[str]:
    """The table on top: what you have, what you want, and the losses that fit."""
    rows = []
    for folder in families(ROOT).values():
        for have, want, names in problems_of(folder):
            links = ", ".join(f"[{n}](#{folder.name})" for n in names)
            rows.append(f"| {have} | {want} | {links} |")
    heads = ["You have", "You want", "Losses"]
    return ["", "## What do you have?", "", *head(heads), *rows]


def problems_of(folder: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    """`PROBLEMS` of a family's list."""
    for node in ast.parse((folder / "__init__.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PROBLEMS":
            found: list[tuple[str, str, tuple[str, ...]]] = ast.literal_eval(node.value)
            return found
    return []


def parity(folder: Path) -> None:
    """Copy the tables of a parity run into docs/parity.md and the README."""
    results = json.loads((folder / "results.json").read_text())
    if not lanes.is_whole(results):
        raise SystemExit(
            f"{folder}: the run failed, or is not of the whole catalogue (fix it first)"
        )
    lanes.keep(results, SUMMARIES)
    if {"tensorflow", "jax", "torch"} <= set(lanes.summaries(results)):
        PARITY.write_text((folder / "by_loss.md").read_text())
        by_family = (folder / "by_family.md").read_text()
        README.write_text(filled(README, README.read_text(), "parity", by_family))


def filled(path: Path, text: str, name: str, table: str) -> str:
    """The text of a page with a table between the markers of a name."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    pattern = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"{path.name}: no {begin} and {end} (put them back)")
    return pattern.sub(lambda _: f"{begin}\n{table}{end}", text)


def with_backends() -> dict[Path, str]:
    """The README and the page of the backends, with the tables of the backends."""
    measured = lanes.table(lanes.kept(SUMMARIES))
    page = filled(BACKENDS, BACKENDS.read_text(), "installs", lanes.installs(ROOT))
    return {
        README: filled(README, README.read_text(), "backends", measured),
        BACKENDS: filled(BACKENDS, page, "backends", measured),
    }


def main() -> None:
    """Write or check the pages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="fail if not current")
    parser.add_argument("--results", type=Path, help="folder of a parity run")
    parser.add_argument("--ops", type=Path, help="folder of a chart of keras.ops")
    options = parser.parse_args()
    if options.results is not None and not options.check:
        parity(options.results)
    pages = {
        CATALOGUE: catalogue(),
        PINS: pins.page(ROOT),
        MIGRATION: migration.page(ROOT),
        wide_machines.PAGE: wide_machines.page(),
        AUDIT: audit.page(audit.kept()),
        benchmarks.published.PAGE: benchmarks.published.page(),
        **with_backends(),
    }
    for path, text in pages.items():
        if not options.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            where = path.relative_to(ROOT).as_posix()
            raise SystemExit(f"{where} is not current (run: python ci/make_docs.py)")
    if options.check:
        return
    if options.ops is not None:
        OPS.write_text((options.ops / "ops.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
