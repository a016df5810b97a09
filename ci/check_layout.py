"""Check the layout of the package: imports, places, pins, lengths, paths.

Reads the source with `ast` and imports none of it, so that it needs no backend. Every
problem prints as `file:line: rule (remedy)`.

The rooms of `portable_losses/` are stacked, and a file imports only its own room and
those to the left: `ops <- core <- losses <- layers <- training`. The harness, `parity`,
is handed losses, and imports none of them; `command` stands on it. What is imported
`if TYPE_CHECKING` is for type checkers alone, and may point anywhere in the package.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tokenize
from pathlib import Path

from lanes import modules_of_backends
from pins import check_pins
from places import check_places
from source import PACKAGE, Import, imports, parse, problem

STACK = ("ops", "core", "losses", "layers", "training")
TOOLS = ("parity", "command")
"""What stands beside the losses, and may need other packages."""
ROOMS = (*STACK, *TOOLS)
BACKENDS = modules_of_backends(Path(__file__).resolve().parent.parent)

LONGEST = 250
"""Lines that a file of the package has without giving a reason."""

# Folders of the machine someone happened to work on. Not after a letter or a closing
# bracket, where it is the tail of a longer path: `~/x`, `{folder}/x`, a web address.
MACHINE_PATH = re.compile(r"(?<![\w.~})$-])/(?:Users|home|opt|root|tmp|work)/[\w.]+")
CLIMBING_PATH = re.compile(r"(?<![\w./])(?:\.\./)+[\w./-]*")


def check(root: Path) -> list[str]:
    """Return every problem of the repository at `root`."""
    if not (root / PACKAGE / "__init__.py").is_file():
        return [f"{PACKAGE}/__init__.py:1: there is no package (restore the file)"]
    problems = []
    for path in sorted((root / PACKAGE).rglob("*.py")):
        problems += check_imports(root, path)
    for folder in ("ci", "docs", "tests"):
        for path in sorted((root / folder).rglob("*.py")):
            problems += check_private_keras(root, path, imports(root, path))
    problems += check_places(root) + check_pins(root)
    return problems + check_lengths(root) + check_paths(root)


# --- imports ------------------------------------------------------------------------


def check_imports(root: Path, path: Path) -> list[str]:
    """Return the imports of a file of the package that point the wrong way."""
    found = imports(root, path)
    problems = check_private_keras(root, path, found)
    for item in found:
        broken = rule_of_import(root, path, item)
        if broken:
            problems.append(problem(root, path, item.line, broken))
    return problems


def rule_of_import(root: Path, path: Path, item: Import) -> str | None:
    """Return the rule that an import breaks, and what to do instead."""
    parts = path.relative_to(root / PACKAGE).parts
    room = parts[0] if parts[0] in ROOMS else None
    if item.top in BACKENDS:
        if parts[:2] == ("parity", "autodiff"):
            return None
        return (
            f"only parity/autodiff imports a backend, this imports {item.name} (write "
            "it with keras.ops, or move it to parity/autodiff)"
        )
    if item.top == PACKAGE:
        if item.lazy and parts == ("__init__.py",):
            return None  # `portable_losses.parity` loads when it is first used
        return rule_of_room(root, parts, room, item.name)
    if room in TOOLS or item.top == "keras" or item.top in sys.stdlib_module_names:
        return None
    return (
        f"{room or 'the package itself'} imports keras and the standard library only, "
        f"this imports {item.name} (write it with keras.ops; NumPy belongs in parity)"
    )


def rule_of_room(
    root: Path, parts: tuple[str, ...], room: str | None, name: str
) -> str | None:
    """Return the rule that an import from the package itself breaks."""
    inner = name.split(".")[1:]
    target = inner[0] if inner else None  # None: the package itself
    own_module = target is not None and (root / PACKAGE / f"{target}.py").is_file()

    if room == "parity":
        if target == "parity":
            return rule_of_cases(root, parts, inner, name)
        if parts[1] == "cases":
            # `portable_losses.Huber` is public, `portable_losses.losses...` is not.
            if target in STACK[1:] or own_module:
                return (
                    f"cases see what users see, this imports {name} (import it from "
                    f"{PACKAGE} itself)"
                )
            return None
        if target in (None, "__version__", "_adapters"):
            return None
        return (
            f"parity is handed losses and imports none, this imports {name} (take it "
            "as an argument, or move it to parity/cases)"
        )
    if room == "command" and target in (None, "__version__", "_adapters", *TOOLS):
        return None
    if target in TOOLS:
        return (
            f"nothing outside {target} imports it, this imports {name} (it needs "
            "packages that the losses do not; only __getattr__ of the package may)"
        )
    if room is None:
        return None
    if target not in STACK:
        if own_module:
            return None
        return (
            f"{room} imports the public package, which imports {room} (import {name} "
            "from the file that defines it)"
        )
    if STACK.index(target) > STACK.index(room):
        return (
            f"imports point one way, {' <- '.join(STACK)}: {room} imports {name} "
            f"(move what is shared down to {room})"
        )
    return None


def rule_of_cases(
    root: Path, parts: tuple[str, ...], inner: list[str], name: str
) -> str | None:
    """Return the rule that an import of cases by cases breaks."""
    if parts[1] != "cases" or inner[1:2] != ["cases"]:
        return None
    family, file = [*inner[2:4], "", ""][:2]
    own = family == parts[2]
    folder = root / PACKAGE / "parity" / "cases" / family
    if own or file.startswith("_") or not family or not folder.is_dir():
        return None
    return (
        f"families share cases by a _shared.py, this imports {name} (move what is "
        "shared to parity/cases/_shared.py)"
    )


def check_private_keras(root: Path, path: Path, found: list[Import]) -> list[str]:
    """Return the uses of `keras.src`, which Keras changes without notice."""
    tree = parse(path)
    aliases = {"keras"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {a.asname for a in node.names if a.name == "keras" and a.asname}
    lines = {i.line for i in found if i.name.split(".")[:2] == ["keras", "src"]}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "src":
            if isinstance(node.value, ast.Name) and node.value.id in aliases:
                lines.add(node.lineno)
    rule = "keras.src is private to Keras (use the public name, or do without)"
    return [problem(root, path, line, rule) for line in sorted(lines)]


# --- lengths ------------------------------------------------------------------------


def check_lengths(root: Path) -> list[str]:
    """Return the files that are too long and say no reason for it."""
    problems = []
    for name, lines in lengths(root).items():
        path = root / PACKAGE / name
        if lines <= LONGEST or reason(path):
            continue
        rule = (
            f"{lines} lines, more than {LONGEST} (split it into files of one idea "
            "each, or begin its first comment with `# Long because`)"
        )
        problems.append(problem(root, path, 1, rule))
    return problems


def lengths(root: Path) -> dict[str, int]:
    """Return the number of lines of each file of the package, the longest first."""
    package = root / PACKAGE
    found = {
        path.relative_to(package).as_posix(): path.read_text(encoding="utf-8").count(
            "\n"
        )
        for path in sorted(package.rglob("*.py"))
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def reason(path: Path) -> bool:
    """Whether a file says why it is long: in its docstring or its first comment."""
    if "Long because" in (ast.get_docstring(parse(path)) or ""):
        return True
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                return token.string.startswith("# Long because")
    return False


# --- paths in text ------------------------------------------------------------------


def check_paths(root: Path) -> list[str]:
    """Return the paths in text files that mean something on one machine only."""
    problems = []
    for path in text_files(root):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a picture, or a file that is being removed
        for number, line in enumerate(lines, start=1):
            for match in MACHINE_PATH.finditer(line):
                rule = (
                    f"{match[0]} is a path of one machine (write it relative to the "
                    "repository, or use a temporary folder)"
                )
                problems.append(problem(root, path, number, rule))
            for match in CLIMBING_PATH.finditer(line):
                target = Path(os.path.normpath(path.parent / match[0]))
                if not (target.exists() and target.is_relative_to(root)):
                    rule = (
                        f"{match[0]} leads out of the repository or to nothing (name "
                        "a file that everyone has)"
                    )
                    problems.append(problem(root, path, number, rule))
    return problems


def text_files(root: Path) -> list[Path]:
    """Return the files that git tracks or would; every file where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return sorted({root / name for name in listed.stdout.split("\0") if name})
    return sorted(path for path in root.rglob("*") if path.is_file())


def main() -> int:
    """Print the problems of this repository, and return 1 where there are any."""
    root = Path(__file__).resolve().parent.parent
    problems = check(root)
    for text in problems:
        print(text)
    print(f"layout: {len(problems)} problems" if problems else "layout: no problems")
    longest = [f"{name} ({n})" for name, n in lengths(root).items()][:5]
    print(f"layout: the longest files are {', '.join(longest)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
