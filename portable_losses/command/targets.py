"""Finds the file and name of a target without importing it, so that a misspelled target
is reported before a backend is imported.
"""

import ast
import difflib
import importlib.machinery
import os
import pathlib
import sys

from portable_losses.parity.examine.naming import split

MOST = 8
"""The largest number of names that an error lists."""


class Wrong(ValueError):
    """A target that cannot be found; the message lists what exists instead."""


def require(target: str) -> None:
    """Reject a target that does not exist.

    Raises:
        Wrong: for a file, a module or a name in it that is not there.
    """
    place, expression = split(target)
    if expression:
        name = _name(target, expression)
    elif target.endswith(":"):
        raise Wrong(f"{target!r} ends with a colon (give a name, or leave it out)")
    else:
        name = None
    if place.endswith(".py"):
        path = _file(place)
    else:
        found = _module(place)
        if found is None or found.is_dir():
            return
        path = found
    if name is not None:
        _require_name(path, place, name)


def is_whole(target: str) -> bool:
    """Whether it stands for all losses of a place."""
    return not split(target)[1]


def is_class_of_ours(target: str) -> bool:
    """Whether it is a loss of this package by its name alone, without arguments.

    Its cases may have arguments: it is checked with those, as in an audit.
    """
    place, expression = split(target)
    return place == "portable_losses" and expression.isidentifier()


def is_package(target: str) -> bool:
    """Whether it stands for all losses of a package or module, not of a file."""
    return is_whole(target) and not target.endswith(".py")


def _name(target: str, expression: str) -> str:
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise Wrong(
            f"{target!r}: {expression!r} is no name, and no call such as "
            f"Name(gamma=3.0) ({error.msg})"
        ) from error
    while isinstance(tree, ast.Call | ast.Attribute):
        tree = tree.func if isinstance(tree, ast.Call) else tree.value
    if not isinstance(tree, ast.Name):
        raise Wrong(f"{target!r}: {expression!r} must begin with a name of the file")
    return tree.id


def _file(place: str) -> pathlib.Path:
    path = pathlib.Path(place)
    if path.is_dir():
        raise Wrong(f"{place} is a folder (name a file, or a package without .py)")
    if path.is_file():
        return path
    folder = path.parent
    if not folder.is_dir():
        raise Wrong(f"there is no folder {folder} (of {place})")
    there = sorted(p.name for p in folder.glob("*.py"))
    raise Wrong(f"there is no file {place}{_near(path.name, there)}")


def _module(place: str) -> pathlib.Path | None:
    """The file of a module, found without importing its parents; None if unknown."""
    parts = place.split(".")
    if not all(part.isidentifier() for part in parts):
        hint = ""
        if pathlib.Path(place).exists():
            hint = "; to check a file or a folder write file.py, or its module name"
        raise Wrong(f"{place!r} is no file .py and no module name{hint}")
    where: list[str] | None = [os.getcwd(), *sys.path]
    spec = None
    for i in range(len(parts)):
        name = ".".join(parts[: i + 1])
        spec = importlib.machinery.PathFinder.find_spec(name, where)
        if spec is None:
            raise Wrong(f"there is no module {name}" + _inside(parts[i], where, i))
        where = list(spec.submodule_search_locations or [])
    if spec is None or spec.origin is None:
        return None
    origin = pathlib.Path(spec.origin)
    return origin if origin.suffix == ".py" else None


def _inside(part: str, where: list[str] | None, depth: int) -> str:
    if not where or depth == 0:
        return ""
    folder = pathlib.Path(where[0])
    there = [p.stem for p in folder.glob("*") if p.suffix in ("", ".py")]
    return _near(part, sorted(there))


def _require_name(path: pathlib.Path, place: str, name: str) -> None:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError) as error:
        raise Wrong(f"{place} is not Python that can be read: {error}") from error
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            if any(alias.name == "*" for alias in node.names):
                return  # the names that it imports are not known without running it
            names |= {a.asname or a.name.partition(".")[0] for a in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            return
    if "__getattr__" in names or name in names:
        return
    raise Wrong(f"{place} has no {name}{_near(name, sorted(names))}")


def _near(name: str, there: list[str]) -> str:
    by_lower = {other.removesuffix(".py").lower(): other for other in there}
    wanted = name.removesuffix(".py").lower()
    near = difflib.get_close_matches(wanted, by_lower, n=1, cutoff=0.6)
    if near:
        return f" (did you mean {by_lower[near[0]]}?)"
    public = [other for other in there if not other.startswith("_")]
    more = ", ..." if len(public) > MOST else ""
    return f" (there is {', '.join(public[:MOST])}{more})" if public else ""
