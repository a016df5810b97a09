"""What the checks and the generated pages read in the source, without importing it."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

PACKAGE = "portable_losses"
IMPORTERS = ("__import__", "import_module")
FOR_TYPES = ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def by_itself(path: Path) -> ModuleType:
    """Import a file that needs nothing of its package, which imports Keras."""
    spec = importlib.util.spec_from_file_location(f"_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # dataclasses look it up
    spec.loader.exec_module(module)
    return module


def problem(root: Path, path: Path, line: int, rule: str) -> str:
    """Word a problem."""
    return f"{path.relative_to(root).as_posix()}:{line}: {rule}"


# --- imports ------------------------------------------------------------------------


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


# --- exports ------------------------------------------------------------------------


@dataclass(frozen=True)
class Exports:
    """The `__all__` of a module.

    Args:
        line: where it is.
        names: the strings in it.
        lists: the lists of other modules that are part of it, such as
            "losses.regression.__all__".
    """

    line: int
    names: tuple[str, ...]
    lists: tuple[str, ...]


def exports(path: Path) -> Exports | None:
    """Return the `__all__` of a file; None where it is not one list, written out."""
    for node in ast.walk(parse(path)):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.List):
            continue
        if [ast.unparse(target) for target in node.targets] != ["__all__"]:
            continue
        names, lists = [], []
        for element in node.value.elts:
            if isinstance(element, ast.Starred):
                lists.append(ast.unparse(element.value))
            elif isinstance(element, ast.Constant) and isinstance(element.value, str):
                names.append(element.value)
            else:
                return None
        return Exports(node.lineno, tuple(names), tuple(lists))
    return None


def families(root: Path) -> dict[str, Path]:
    """Return the folders that list what they export, by their names in the package.

    These are the folders of `losses/`, and `layers/` as a whole.
    """
    package = root / PACKAGE
    folders = [*sorted((package / "losses").glob("*")), package / "layers"]
    return {
        ".".join(folder.relative_to(package).parts): folder
        for folder in folders
        if any(folder.glob("*.py"))
    }


def exported(root: Path) -> set[str]:
    """Return the public names of the package: its own, and those of the families."""
    files = [root / PACKAGE / "__init__.py"]
    files += [folder / "__init__.py" for folder in families(root).values()]
    found = [exports(path) for path in files if path.is_file()]
    return {name for each in found if each is not None for name in each.names}


def public_classes(folder: Path) -> dict[str, tuple[Path, int]]:
    """Return the public classes of a folder, each with its file and line."""
    return public(folder, ast.ClassDef)


def public(folder: Path, *kinds: type[ast.stmt]) -> dict[str, tuple[Path, int]]:
    """Return what a folder defines of these kinds, each with its file and line."""
    return {
        node.name: (path, node.lineno)
        for path in sorted(folder.glob("[!_]*.py"))
        for node in parse(path).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
        and isinstance(node, kinds)
        and not node.name.startswith("_")
    }


def constants(path: Path) -> set[str]:
    """Return the strings of a file."""
    return {
        node.value
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
