"""The declarations of what was found out about backends: their check, and their table.

`portable_losses/ops/known.py` has the three functions that declare something. A backend
that none of them names gets the form that is right everywhere, so nothing else may ask
for the name of a backend.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from source import PACKAGE, parse, problem

ROOMS = ("ops", "core", "losses", "layers", "training")
KNOWN = "known.py"
QUOTIENTS = "quotients.py"
WORDS = {"raw_is_right": "raw is right", "faster_form": "faster form", "found": "found"}
VERSION = re.compile(r"\d+(\.\d+)+")
ASKS = ("keras.config.backend", "keras.backend.backend", "config.backend")


@dataclass(frozen=True)
class Pin:
    """One declaration: what was found, why, and on which versions of which backends."""

    kind: str
    about: str
    because: str
    versions: dict[str, str]
    path: Path

    @property
    def ops(self) -> list[str]:
        """The operations that it is about."""
        return self.about.split(", ") if self.kind != "found" else []


def check_pins(root: Path) -> list[str]:
    """Return the tests for a backend's name without reason and version."""
    problems = []
    for path in sources(root):
        problems += check_file(root, path)
    return problems


def sources(root: Path) -> list[Path]:
    """The files of the package that compute losses."""
    return sorted(p for room in ROOMS for p in (root / PACKAGE / room).rglob("*.py"))


def backends(root: Path) -> set[str]:
    """The names of the backends that have an adapter."""
    folder = root / PACKAGE / "parity" / "autodiff"
    return {path.stem for path in folder.glob("[!_]*.py")}


def check_file(root: Path, path: Path) -> list[str]:
    """Return what is wrong with the declarations of a file, and what needs one."""
    if path.name == KNOWN:
        return []
    tree, problems, names = parse(path), [], backends(root)
    at_top = {id(node.value) for node in tree.body if isinstance(node, ast.Assign)}
    for node in ast.walk(tree):
        rule, line = None, getattr(node, "lineno", 1)
        if isinstance(node, ast.Call) and name_of(node) in WORDS:
            rule = rule_of(node, id(node) in at_top)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ASKS:
            rule = (
                "this asks for the name of the backend (declare what is known of it by "
                "a function of ops/known.py, with reason and version)"
            )
        elif isinstance(node, ast.Compare) and names & set(texts(node)):
            rule = (
                f"this tests for {', '.join(sorted(names & set(texts(node))))} by name "
                "(declare what is known of it by a function of ops/known.py, with "
                "reason and version)"
            )
        elif isinstance(node, ast.ImportFrom) and node.module:
            if any(a.name == "BACKEND" for a in node.names):
                rule = (
                    "this imports the name of the backend (ask a function of "
                    "ops/known.py)"
                )
        elif isinstance(node, ast.Attribute) and node.attr == "divide_no_nan":
            owner = ast.unparse(node.value)
            if owner in ("keras.ops", "raw") and path.name != QUOTIENTS:
                rule = (
                    "the gradient of Keras's divide_no_nan is NaN on some backends "
                    "(use ops.divide, or no_nan of ops/quotients.py)"
                )
        if rule:
            problems.append(problem(root, path, line, rule))
    return problems


def name_of(call: ast.Call) -> str:
    """The name of the function that is called."""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def texts(node: ast.Compare) -> Iterator[str]:
    """The strings of a comparison, and those in its tuples, lists and sets."""
    for side in (node.left, *node.comparators):
        for inner in ast.walk(side):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield inner.value


def rule_of(call: ast.Call, at_top: bool) -> str | None:
    """Return what a declaration lacks."""
    texts = [a.value for a in call.args if isinstance(a, ast.Constant)]
    if not at_top:
        return "a declaration is a constant of its module (assign it at the top)"
    if len(texts) != 2 or not all(isinstance(x, str) and x.strip() for x in texts):
        return "a declaration says what and why, in two strings (write them out)"
    if not call.keywords:
        return "a declaration names the backends that were looked at (name one)"
    for keyword in call.keywords:
        value = getattr(keyword.value, "value", None)
        if keyword.arg is None or not VERSION.fullmatch(str(value)):
            return (
                f"{keyword.arg} has no version that was looked at (write it as in "
                'jax="0.10.2")'
            )
    return None


# --- the page -----------------------------------------------------------------------


def pins(root: Path) -> list[Pin]:
    """Every declaration of the package."""
    found = []
    for path in sources(root):
        for node in parse(path).body:
            call = node.value if isinstance(node, ast.Assign) else None
            if isinstance(call, ast.Call) and name_of(call) in WORDS:
                about, because = (ast.literal_eval(a) for a in call.args)
                versions = {
                    k.arg or "": ast.literal_eval(k.value) for k in call.keywords
                }
                found.append(Pin(name_of(call), about, because, versions, path))
    return found


def pinned(root: Path) -> dict[str, str]:
    """The pinned operations, and why each of them is pinned."""
    found = {}
    for path in sorted((root / PACKAGE / "ops").glob("*.py")):
        for node in parse(path).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            if any("pinned" in ast.unparse(d) for d in node.decorator_list):
                found[node.name] = reason(ast.get_docstring(node) or "")
    return dict(sorted(found.items()))


def reason(docstring: str) -> str:
    """What a docstring says after `Pinned`; else its first line."""
    text = " ".join(docstring.split("\n\n>>>")[0].split())
    said = re.search(r"[Pp]inned (?:because|for) (.*?)(?:\. (?=[A-Z])|\.?$)", text)
    if said:
        return said[1].removesuffix(".")
    return docstring.split("\n")[0].removesuffix(".")


def page(root: Path) -> str:
    """The page: a row for each pinned operation, and a list of what was found."""
    known, ops = pins(root), pinned(root)
    names = sorted({name for pin in known if pin.ops for name in pin.versions})
    lines = [
        "# Pins",
        "",
        "Written by `ci/make_docs.py` from the declarations in the source. An",
        "operation of `portable_losses.ops` is *pinned* where it is written with",
        "selects and arithmetic, so that its value and gradient do not depend on what",
        "Keras's own does. *raw* is Keras's own function, on a backend where it was",
        "found right, and a *faster form* is another way to the same value and",
        "gradient. The number is the version of the backend that was looked at. On a",
        "backend that has no column here, every pin is on.",
        "",
        f"| Operation | {' | '.join(names)} | any other | Why it is pinned |",
        f"|{':--|' * (len(names) + 3)}",
    ]
    for op, why in ops.items():
        cells = [cell(known, op, name) for name in names]
        text = why.replace("|", "\\|")
        lines.append(f"| `{op}` | {' | '.join(cells)} | pinned | {text} |")
    lines += [
        "",
        "## What was looked at",
        "",
        "| Where | About | Found | On | Reason |",
        "|:--|:--|:--|:--|:--|",
    ]
    for pin in known:
        on = ", ".join(f"{k} {v}" for k, v in sorted(pin.versions.items()))
        where = pin.path.relative_to(root / PACKAGE).as_posix()
        fact = [f"`{pin.about}`", WORDS[pin.kind]] if pin.ops else ["", pin.about]
        said = [f"`{where}`", *fact, on, pin.because]
        lines.append(f"| {' | '.join(x.replace('|', chr(92) + '|') for x in said)} |")
    return "\n".join(lines) + "\n"


def cell(known: list[Pin], op: str, backend: str) -> str:
    """What runs for an operation on a backend."""
    kinds = {
        pin.kind: pin.versions[backend]
        for pin in known
        if op in pin.ops and backend in pin.versions
    }
    found = [f"{WORDS[kind]} ({version})" for kind, version in sorted(kinds.items())]
    return ", ".join(found).replace("raw is right", "raw") or "pinned"
