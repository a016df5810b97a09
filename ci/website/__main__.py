"""Build the site: `python ci/website` writes build/site.

    --curves FOLDER   what `curves.py` measured, a file a backend
    --results FOLDER  a parity run; without one, the table of docs/parity.md
    --loss NAME       only these losses, for a quick look

The pages need no script of others, no font and no network: formulas are MathML, plots
are SVG. `mkdocs build --strict` fails for a link or an anchor that is not there.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import check
import drawings
import loss_page
import make_docs
import pages
import pictures
import programs
from source import PACKAGE, exported, families

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
HERE = Path(__file__).resolve().parent


def definitions() -> dict[str, dict[str, tuple[Any, Path]]]:
    """What is public, by family: the definition and its file."""
    public, found = exported(ROOT), {}
    core = ROOT / PACKAGE / "core"
    folders = {"core": core, **families(ROOT), "training": make_docs.TRAINING}
    for folder in folders.values():
        found[folder.name] = {
            node.name: (node, path)
            for path in sorted(folder.glob("[!_]*.py"))
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.ClassDef | ast.FunctionDef)
            and node.name in public
            and not any(ast.unparse(d) == "overload" for d in node.decorator_list)
        }
    return {family: names for family, names in found.items() if names}


def measured(folder: Path | None) -> dict[str, dict[str, Any]]:
    """The curves by backend."""
    files = sorted(folder.glob("*.json")) if folder and folder.is_dir() else []
    found = [json.loads(path.read_text()) for path in files]
    return {each["backend"]: each for each in found}


def write(
    source: Path, curves: Path | None, results: Path | None, only: list[str]
) -> int:
    """Write the Markdown of the site; return how many pages of losses there are."""
    shutil.rmtree(source, ignore_errors=True)
    for name in ("losses", "examples", "stylesheets", "javascripts"):
        (source / name).mkdir(parents=True)
    style = (HERE / "site.css").read_text(encoding="utf-8")
    (source / "stylesheets" / "site.css").write_text(pictures.style() + style)
    shutil.copy(HERE / "iframe-worker.js", source / "javascripts")
    groups, found = definitions(), measured(curves)
    public = {name for names in groups.values() for name in names}
    texts = {
        path: path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "docs" / "examples").glob("*.py"))
    }
    users: dict[str, list[str]] = {}
    drawn = {}
    for path, text in texts.items():
        names = programs.used(text, public)
        for name in names:
            users.setdefault(name, []).append(path.stem)
        image = drawings.kept(path)
        if image is not None:
            shutil.copy(image, source / "examples" / image.name)
            drawn[path.stem] = image.name
        shown = [n for n in names if not only or n in only]
        page = programs.page(path, shown, drawn.get(path.stem, ""))
        (source / "examples" / f"{path.stem}.md").write_text(page)
    peers = pages.peers(ROOT / "portable_losses" / "command" / "peers.toml")
    rows = pages.parity_rows(ROOT / "docs" / "parity.md", results)
    written: dict[str, list[tuple[str, str, str]]] = {}
    for family in groups:
        for name, (node, path) in groups[family].items():
            if only and name not in only:
                continue
            of_loss = {
                backend: each["losses"][name]
                for backend, each in found.items()
                if name in each["losses"]
            }
            beside = {
                "picture": pages.plot(name, of_loss, pictures),
                "results": pages.results(name, rows),
                "peers": pages.equal(name, peers),
                "programs": pages.users(users.get(name, [])),
            }
            text = loss_page.page(node, make_docs.arguments(node, path), beside)
            (source / "losses" / f"{name}.md").write_text(text)
            written.setdefault(family, []).append((name, *make_docs.paragraphs(node)))
    pages.write_all(ROOT, source, written, texts, drawn, list(found), only)
    return sum(len(names) for names in written.values())


def main() -> int:
    """Write the pages, build them, and say where they are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--curves", type=Path, default=BUILD / "curves")
    parser.add_argument("--results", type=Path, default=BUILD / "parity")
    parser.add_argument("--loss", action="append", default=[])
    parser.add_argument("--out", type=Path, default=BUILD / "site")
    options = parser.parse_args()
    source = options.out.with_name(f"{options.out.name}-source")
    count = write(source / "docs", options.curves, options.results, options.loss)
    configuration = source / "mkdocs.yml"
    text = (HERE / "mkdocs.yml").read_text()
    text = text.replace("SITE_DIR", str(options.out.resolve()))
    configuration.write_text(f"{text}nav: {(source / 'nav.json').read_text()}\n")
    mkdocs = (sys.executable, "-m", "mkdocs", "build", "--strict", "--clean", "--quiet")
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [*mkdocs, "-f", str(configuration)]
    done = subprocess.run(command, env=environment, check=False)
    if done.returncode:
        return done.returncode
    problems = check.problems(options.out, count)
    print("\n".join(problems))
    if not problems:
        print(f"{count} pages of losses; open {options.out / 'index.html'}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
