"""What each loss needs: a file, a place in the list of its family, and a case file.

`losses/<family>/<idea>.py` defines it, `losses/<family>/__init__.py` lists it, and
`parity/cases/<family>/<idea>.py` has its cases. These three are all that a new loss
touches. A public function beside the losses, such as `signed_distance`, has a file and
a place in the list, and no cases.
"""

from __future__ import annotations

import ast
from pathlib import Path

from source import (
    PACKAGE,
    Exports,
    constants,
    exports,
    families,
    parse,
    problem,
    public,
    public_classes,
)


def check_places(root: Path) -> list[str]:
    """Return the losses that lack an export, a file or a case."""
    problems = check_top(root)
    losses = root / PACKAGE / "losses"
    for path in sorted(losses.rglob("[!_]*.py")):
        if len(path.relative_to(losses).parts) != 2:
            rule = "this file is in no family (move it to losses/<family>/<idea>.py)"
            problems.append(problem(root, path, 1, rule))
    for name, folder in families(root).items():
        problems += check_family(root, name, folder)
    return problems + check_mirror(root)


# --- exports ------------------------------------------------------------------------


def check_family(root: Path, family: str, folder: Path) -> list[str]:
    """Return what is wrong with the list of a family."""
    init = folder / "__init__.py"
    defined = public(folder, ast.ClassDef, ast.FunctionDef)
    if not init.is_file():
        rule = f"{family} has no __init__.py (add it: it lists what the family exports)"
        return [problem(root, folder / "__init__.py", 1, rule)]
    found = exports(init)
    if found is None or found.lists:
        rule = "__all__ must be one explicit list of strings (write it out)"
        return [problem(root, init, 1, rule)]
    problems = []
    imported = imported_names(init)
    for name, (module, line) in imported.items():
        if name not in found.names:
            rule = f"{name} is imported and not exported (add it to __all__)"
            problems.append(problem(root, init, line, rule))
        where = defined[name][0].stem if name in defined else None
        if where is None or module != f"{PACKAGE}.{family}.{where}":
            rule = (
                f"{name} is no public class or function of {module} (write it there, "
                "or drop the import)"
            )
            problems.append(problem(root, init, line, rule))
    for name in found.names:
        if name not in imported:
            rule = f"{name} is exported and not imported (import it from its file)"
            problems.append(problem(root, init, found.line, rule))
    for name, (path, line) in defined.items():
        if name not in imported:
            where = init.relative_to(root).as_posix()
            rule = (
                f"{name} is not public (import it in {where} and add it to __all__ "
                "there, or begin its name or its file's with an underscore)"
            )
            problems.append(problem(root, path, line, rule))
    return problems


def check_top(root: Path) -> list[str]:
    """Return what is wrong with the exports of the package itself."""
    init = root / PACKAGE / "__init__.py"
    found = exports(init)
    if found is None:
        rule = (
            "__all__ must be one list, of strings and of the lists of families (write "
            "it out)"
        )
        return [problem(root, init, 1, rule)]
    whole = {
        node.module
        for node in parse(init).body
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    }
    problems = []
    for family in families(root):
        if f"{family}.__all__" not in found.lists:
            rule = f"{family} is not exported (add *{family}.__all__ to __all__)"
            problems.append(problem(root, init, found.line, rule))
        if f"{PACKAGE}.{family}" not in whole:
            rule = (
                f"type checkers do not see {family} (add: from {PACKAGE}.{family} "
                "import *)"
            )
            problems.append(problem(root, init, found.line, rule))
    for item in found.lists:
        if item.removesuffix(".__all__") not in families(root):
            rule = f"{item} is no list of a family (drop it from __all__)"
            problems.append(problem(root, init, found.line, rule))
    return problems + check_own_names(root, init, found) + check_once(root, found)


def check_own_names(root: Path, init: Path, found: Exports) -> list[str]:
    """Return the names of the package itself that run time or type checkers miss.

    At run time `__all__` says what is public, and for type checkers `import X as X`.
    """
    problems = []
    renamed = {
        alias.name: node.lineno
        for node in ast.walk(parse(init))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }
    for name in found.names:
        if name not in renamed:
            rule = f"type checkers do not see {name} (import it as {name} as {name})"
            problems.append(problem(root, init, found.line, rule))
    for name, line in renamed.items():
        if name not in found.names:
            rule = f"{name} is imported and not exported (add it to __all__)"
            problems.append(problem(root, init, line, rule))
    return problems


def check_once(root: Path, top: Exports) -> list[str]:
    """Return the names that two lists have: the later would replace the other."""
    problems, owners = [], dict.fromkeys(top.names, PACKAGE)
    for family, folder in families(root).items():
        init = folder / "__init__.py"
        found = exports(init) if init.is_file() else None
        for name in found.names if found is not None else ():
            if name in owners:
                rule = f"{owners[name]} exports {name}, too (rename one of them)"
                problems.append(problem(root, init, found.line if found else 1, rule))
            owners.setdefault(name, family)
    return problems


def imported_names(init: Path) -> dict[str, tuple[str, int]]:
    """Return what a file imports by name, with the module and the line of each."""
    return {
        alias.asname or alias.name: (node.module or "", node.lineno)
        for node in parse(init).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


# --- cases --------------------------------------------------------------------------


def check_mirror(root: Path) -> list[str]:
    """Return the files of losses without cases, and the other way round."""
    package, problems = root / PACKAGE, []
    cases = package / "parity" / "cases"
    for family, folder in families(root).items():
        if family == "layers":
            continue  # not everything that owns weights is a loss
        by_file: dict[Path, list[str]] = {}
        for name, (path, _) in public_classes(folder).items():
            by_file.setdefault(path, []).append(name)
        for path, names in by_file.items():
            mirror = cases / folder.name / path.name
            problems += check_cases_of(root, path, mirror, names)
    for path in sorted(cases.rglob("[!_]*.py")):
        inner = path.relative_to(cases)
        # losses/<family>/<idea>.py, or <idea>.py in a room beside losses/.
        others = (package / "losses" / inner, package / inner)
        if len(inner.parts) != 2 or not any(other.is_file() for other in others):
            rule = (
                "these cases belong to no file (name them after the file of their "
                "losses: parity/cases/<family>/<idea>.py for losses/<family>/<idea>.py,"
                " or begin the name with an underscore)"
            )
            problems.append(problem(root, path, 1, rule))
        elif not (path.parent / "__init__.py").is_file():
            rule = (
                "nobody finds these cases: their folder is no package (add "
                "__init__.py to it)"
            )
            problems.append(problem(root, path, 1, rule))
        elif not lists_cases(path):
            rule = "there is no CASES (add the tuple of the cases)"
            problems.append(problem(root, path, 1, rule))
    return problems


def check_cases_of(root: Path, path: Path, mirror: Path, names: list[str]) -> list[str]:
    """Return which classes of a file of losses have no case."""
    where = mirror.relative_to(root).as_posix()
    if not mirror.is_file():
        rule = f"{', '.join(names)}: no cases (add {where})"
        return [problem(root, path, 1, rule)]
    known = constants(mirror)
    return [
        problem(
            root,
            path,
            public_classes(path.parent)[name][1],
            f"{name} has no case (add Case(loss={name!r}, ...) to {where})",
        )
        for name in names
        if name not in known
    ]


def lists_cases(path: Path) -> bool:
    """Whether a file assigns `CASES`."""
    return any(
        isinstance(node, ast.Assign)
        and [ast.unparse(target) for target in node.targets] == ["CASES"]
        for node in parse(path).body
    )
