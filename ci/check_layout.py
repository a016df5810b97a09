"""Check the layout of the package: which way imports point, and what each loss needs.

Reads the source with `ast` and imports none of it, so that it needs no backend. Every
problem prints as `file:line: rule (remedy)`.

The rooms of `portable_losses/` are stacked, and a file imports only its own room and
those to the left: `ops <- core <- losses <- training`. The harness, `parity`, is handed
losses, and imports none of them. What is imported `if TYPE_CHECKING` is for type
checkers alone, and may point anywhere in the package.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "portable_losses"
STACK = ("ops", "core", "losses", "training")
ROOMS = (*STACK, "parity")
BACKENDS = ("jax", "jaxlib", "tensorflow", "torch")
IMPORTERS = ("__import__", "import_module")
FOR_TYPES = ("TYPE_CHECKING", "typing.TYPE_CHECKING")

# Folders of the machine someone happened to work on. Not after a letter or a closing
# bracket, where it is the tail of a longer path: `~/x`, `{folder}/x`, a web address.
MACHINE_PATH = re.compile(r"(?<![\w.~})$-])/(?:Users|home|opt|root|tmp|work)/[\w.]+")
CLIMBING_PATH = re.compile(r"(?<![\w./])(?:\.\./)+[\w./-]*")


@dataclass(frozen=True)
class Import:
    """`name` is what is imported, with its full path: `from a import b` is `a.b`.

    `lazy`: only once someone asks the module for that name, in its `__getattr__`.
    """

    line: int
    name: str
    lazy: bool = False

    @property
    def top(self) -> str:
        """The package that it comes from."""
        return self.name.partition(".")[0]


def check(root: Path) -> list[str]:
    """Return every problem of the repository at `root`."""
    problems = []
    for path in sorted((root / PACKAGE).rglob("*.py")):
        problems += check_imports(root, path)
    for folder in ("ci", "docs", "tests"):
        for path in sorted((root / folder).rglob("*.py")):
            problems += check_private_keras(root, path, imports(root, path))
    return problems + check_losses(root) + check_paths(root)


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
    if room == "parity" or item.top == "keras" or item.top in sys.stdlib_module_names:
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
            return None
        if parts[1] == "cases":
            # `portable_losses.Huber` is public, `portable_losses.losses...` is not.
            if target in STACK[1:] or own_module:
                return (
                    f"cases see what users see, this imports {name} (import it from "
                    f"{PACKAGE} itself)"
                )
            return None
        if target in (None, "__version__"):
            return None
        return (
            f"parity is handed losses and imports none, this imports {name} (take it "
            "as an argument, or move it to parity/cases)"
        )
    if target == "parity":
        return (
            f"nothing outside parity imports it, this imports {name} (it needs "
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


def lazy_parts(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield what runs when a name is asked for, and what only type checkers read."""
    for node in tree.body:
        inner = [node]
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from node.body
            inner = node.orelse
        for part in inner:
            if isinstance(part, ast.FunctionDef) and part.name == "__getattr__":
                yield part


def imports(root: Path, path: Path) -> list[Import]:
    """Return every import of a file: in functions, relative and by name, too."""
    package = list(path.relative_to(root).with_suffix("").parts[:-1])
    tree = parse(path)
    never_run = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) in FOR_TYPES
        for statement in node.body
        for inner in ast.walk(statement)
    }
    lazily = {inner for node in lazy_parts(tree) for inner in ast.walk(node)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package[: len(package) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            names = [base if a.name == "*" else f"{base}.{a.name}" for a in node.names]
        elif isinstance(node, ast.Call):
            names = list(named_import(node))
        else:
            continue
        if node in never_run:
            names = [name for name in names if name.partition(".")[0] != PACKAGE]
        found += [Import(node.lineno, name, node in lazily) for name in names]
    return sorted(found, key=lambda item: item.line)


def named_import(call: ast.Call) -> Iterator[str]:
    """Yield what `importlib.import_module("x")` or `__import__("x")` imports."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else None
    name = function.id if isinstance(function, ast.Name) else name
    if name not in IMPORTERS or not call.args:
        return
    argument = call.args[0]
    if isinstance(argument, ast.JoinedStr) and argument.values:
        argument = argument.values[0]  # f"torch.{name}" is known by how it begins
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value.rstrip(".")


# --- what a loss needs --------------------------------------------------------------


def check_losses(root: Path) -> list[str]:
    """Return the losses that lack an export, a file or a case."""
    init = root / PACKAGE / "__init__.py"
    if not init.is_file():
        return [f"{PACKAGE}/__init__.py:1: there is no package (restore the file)"]
    exported = public_names(init)
    if not exported:
        rule = "__all__ must be one explicit list of strings (write it out)"
        return [problem(root, init, 1, rule)]
    imported = {
        item.name.rpartition(".")[2]: item.line
        for item in imports(root, init)
        if item.name.startswith(f"{PACKAGE}.losses.")
    }
    defined = loss_classes(root)
    cases = case_names(root)

    problems = []
    for name, line in imported.items():
        if name not in exported:
            rule = f"{name} is imported and not exported (add it to __all__)"
            problems.append(problem(root, init, line, rule))
        if name not in defined:
            rule = f"{name} has no class in losses/ (write it, or drop the import)"
            problems.append(problem(root, init, line, rule))
        if name not in cases:
            rule = (
                f"{name} has no case (add Case(loss={name!r}, ...) to a module of "
                "parity/cases)"
            )
            problems.append(problem(root, init, line, rule))
    for name, (path, line) in defined.items():
        if name not in imported:
            rule = (
                f"{name} is not public (import it in {PACKAGE}/__init__.py and add it "
                "to __all__, or begin its name or its file's with an underscore)"
            )
            problems.append(problem(root, path, line, rule))
    return problems


def public_names(init: Path) -> list[str]:
    """Return the strings of `__all__`, empty where it is not a plain list."""
    for node in parse(init).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.List):
            continue
        if [t.id for t in node.targets if isinstance(t, ast.Name)] == ["__all__"]:
            return [
                element.value
                for element in node.value.elts
                if isinstance(element, ast.Constant) and isinstance(element.value, str)
            ]
    return []


def loss_classes(root: Path) -> dict[str, tuple[Path, int]]:
    """Return the public classes of `losses/`, each with its file and line."""
    found = {}
    for path in sorted((root / PACKAGE / "losses").rglob("*.py")):
        if path.name.startswith("_"):
            continue
        for node in parse(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name] = (path, node.lineno)
    return found


def case_names(root: Path) -> set[str]:
    """Return the strings in `parity/cases`: a helper may build a case from a name."""
    return {
        node.value
        for path in sorted((root / PACKAGE / "parity" / "cases").rglob("*.py"))
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


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


def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def problem(root: Path, path: Path, line: int, rule: str) -> str:
    """Word a problem."""
    return f"{path.relative_to(root).as_posix()}:{line}: {rule}"


def main() -> int:
    """Print the problems of this repository, and return 1 where there are any."""
    problems = check(Path(__file__).resolve().parent.parent)
    for text in problems:
        print(text)
    print(f"layout: {len(problems)} problems" if problems else "layout: no problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
