"""The losses of the catalogue, read from their source without Keras or a backend.

The docstring of a loss begins with its names, then says what it penalizes, then the
shapes. `PROBLEMS` of its family says for which problems it is.
"""

import ast
import dataclasses
import functools
import pathlib
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMON = ("reduction", "name", "dtype")
"""Arguments of every loss, which are documented once, in `Loss`."""


@dataclasses.dataclass(frozen=True, eq=False)
class Entry:
    """A loss, or a related object of the catalogue, such as a layer.

    Args:
        name: its public name.
        family: the name of its folder, such as `regression`.
        title: its other names, the first line of its docstring.
        about: what it penalizes, the second paragraph of its docstring.
        takes: the shapes of targets, predictions and items.
        arguments: the constructor arguments by name, each with its default as source
            code; None for an argument without a default.
        problems: the data that you have, and the result that you want, where it fits.
        document: the whole docstring.
        is_loss: whether it is a loss of the catalogue, and not a layer or function.
    """

    name: str
    family: str
    title: str
    about: str
    takes: str
    arguments: dict[str, str | None]
    problems: tuple[tuple[str, str], ...]
    document: str
    is_loss: bool

    @property
    def construct(self) -> str:
        """The call that makes it, with all arguments except the common ones."""
        given = [
            name if default is None else f"{name}={default}"
            for name, default in self.arguments.items()
            if name not in COMMON
        ]
        return f"portable_losses.{self.name}({', '.join(given)})"


@functools.cache
def entries() -> tuple[Entry, ...]:
    """All entries of the catalogue, by family and name."""
    folders = [
        folder
        for folder in sorted((ROOT / "losses").iterdir())
        if (folder / "__init__.py").exists()
    ]
    folders += [ROOT / "layers", ROOT / "training"]
    return tuple(entry for folder in folders for entry in _of(folder))


def named(name: str) -> Entry | None:
    """The entry of that name."""
    found = [entry for entry in entries() if entry.name == name]
    return found[0] if found else None


def _of(folder: pathlib.Path) -> list[Entry]:
    public, problems = _list_of(folder)
    found = []
    for path in sorted(folder.glob("[!_]*.py")):
        for node in _tree(path).body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef):
                continue
            if node.name not in public or _is_overload(node):
                continue
            fits = tuple((h, w) for h, w, names in problems if node.name in names)
            found.append(_entry(node, path, folder.name, fits))
    return sorted(found, key=lambda entry: entry.name.lower())


def _list_of(
    folder: pathlib.Path,
) -> tuple[set[str], list[tuple[str, str, tuple[str, ...]]]]:
    """The public names of a family, and its `PROBLEMS`."""
    lists: dict[str, list[Any]] = {"__all__": [], "PROBLEMS": []}
    for node in _tree(folder / "__init__.py").body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in lists:
            lists[ast.unparse(node.targets[0])] = list(ast.literal_eval(node.value))
    if not lists["__all__"]:  # training: the package itself lists what is public
        for node in _tree(ROOT / "__init__.py").body:
            if not isinstance(node, ast.ImportFrom):
                continue
            if (node.module or "").startswith(f"portable_losses.{folder.name}."):
                lists["__all__"] += [alias.name for alias in node.names]
    return set(lists["__all__"]), lists["PROBLEMS"]


def _entry(
    node: ast.ClassDef | ast.FunctionDef,
    path: pathlib.Path,
    family: str,
    problems: tuple[tuple[str, str], ...],
) -> Entry:
    document = ast.get_docstring(node) or ""
    title, about, *rest = [*document.split("\n\n"), "", ""]
    shapes = [part for part in rest if part.startswith("Shapes:")]
    return Entry(
        name=node.name,
        family=family,
        title=_line(title).rstrip("."),
        about=_line(about),
        takes=_line(shapes[0].removeprefix("Shapes:")) if shapes else "",
        arguments=arguments(node, path),
        problems=problems,
        document=document,
        is_loss=isinstance(node, ast.ClassDef) and path.parent.parent.name == "losses",
    )


def arguments(
    public: ast.ClassDef | ast.FunctionDef, path: pathlib.Path
) -> dict[str, str | None]:
    """The arguments by name, each with its default as source code.

    Arguments that a constructor passes to its base class by `**common` are those of the
    base class.
    """
    node: ast.stmt = public
    if isinstance(public, ast.ClassDef):
        inits = [n for n in public.body if getattr(n, "name", "") == "__init__"]
        node = inits[0] if inits else public
    named: dict[str, str | None] = {}
    if isinstance(node, ast.FunctionDef):
        found = node.args
        positional = found.args[1:] if node is not public else found.args
        gap: list[ast.expr | None] = [None] * (len(positional) - len(found.defaults))
        pairs = [
            *zip(positional, [*gap, *found.defaults], strict=True),
            *zip(found.kwonlyargs, found.kw_defaults, strict=True),
        ]
        for argument, default in pairs:
            named[argument.arg] = None if default is None else ast.unparse(default)
        if node is public or found.kwarg is None:
            return named
    for base in getattr(public, "bases", ()):
        for class_, file in _definitions(ast.unparse(base), path):
            for inherited, value in arguments(class_, file).items():
                named.setdefault(inherited, value)
    return named


def _definitions(
    name: str, path: pathlib.Path
) -> list[tuple[ast.ClassDef, pathlib.Path]]:
    """The class of a name that a file of the package defines or imports."""
    found: list[tuple[ast.ClassDef, pathlib.Path]] = []
    for node in _tree(path).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            found.append((node, path))
        elif isinstance(node, ast.ImportFrom) and node.module:
            package, *inner = node.module.split(".")
            if package == ROOT.name and name in [alias.name for alias in node.names]:
                file = ROOT.joinpath(*inner)
                module = file / "__init__.py" if file.is_dir() else file
                found += _definitions(name, module.with_suffix(".py"))
    return found


@functools.cache
def _tree(path: pathlib.Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _is_overload(node: ast.ClassDef | ast.FunctionDef) -> bool:
    return any(ast.unparse(d) == "overload" for d in node.decorator_list)


def _line(text: str) -> str:
    return " ".join(text.split())
