"""A user's loss in a worker: how it is found, made and called."""

import ast
import inspect
import pathlib
import re
from typing import Any

import keras

import portable_losses
from portable_losses.parity.as_function import state_of
from portable_losses.parity.examine import declared
from portable_losses.parity.target import remade

_WRAPPER = keras.losses.MeanSquaredError.__mro__[1]
"""The class in which Keras wraps a plain function: it aligns the ranks and reduces."""


class Subject:
    """A loss to check.

    Args:
        target: as the user wrote it.
        given: a loss, a class, or a function.
    """

    def __init__(self, target: str, given: Any) -> None:
        self.target = target
        self.given = given
        self.is_class = inspect.isclass(given)
        self.loss = self._made(target, given)
        owner = given if self.is_class or inspect.isroutine(given) else type(given)
        self.owner = getattr(given, "function", owner)

    @staticmethod
    def _made(target: str, given: Any) -> Any:
        if inspect.isclass(given):
            try:
                return given()
            except TypeError as error:
                if "missing" in str(error) and "argument" in str(error):
                    needed = ", ".join(f"{name}=..." for name in _needed(given))
                    raise ValueError(
                        f"{given.__name__} needs arguments; give them in the target: "
                        f'"{target}({needed})"'
                    ) from error
                raise
        if isinstance(given, keras.losses.Loss):
            return given
        if callable(given):
            name = getattr(given, "__name__", type(given).__name__)
            return _WRAPPER(given, name=name.strip("<>"))
        raise ValueError(
            f"a loss is a class, an instance of keras.losses.Loss or a function of "
            f"y_true and y_pred; this is {type(given).__name__} {given!r:.80}"
        )

    @property
    def is_function(self) -> bool:
        """Whether it is a plain function."""
        return not isinstance(self.given, keras.losses.Loss) and not self.is_class

    def value(self, t: Any, p: Any, w: Any = None, m: Any = None) -> Any:
        """The reduced loss, one number."""
        with state_of(self.loss):
            found = self.loss(t, p) if w is None else self.loss(t, p, w)
        if not hasattr(found, "shape"):
            found = keras.ops.convert_to_tensor(found)
        return keras.ops.mean(found) if len(found.shape) else found

    def items(self, t: Any, p: Any) -> Any:
        """What `call` returns for inputs as Keras passes them."""
        with state_of(self.loss):
            return self._items(t, p)

    def _items(self, t: Any, p: Any) -> Any:
        dtype = keras.backend.standardize_dtype(self.loss.dtype)
        if declared.is_of_package(type(self.loss)):
            # For losses of this package `call` is internal: use the public call
            # without reduction. A sum of losses has one number and takes none.
            if isinstance(self.loss, portable_losses.Sum):
                return self.loss(t, p)
            return remade(self.loss, {"reduction": None})(t, p)
        if _is_ours(self.loss):
            return self.loss.call(_as_declared(self.loss, t, p), p)
        return self.loss.call(
            keras.ops.convert_to_tensor(t, dtype), keras.ops.convert_to_tensor(p, dtype)
        )

    def facts(self) -> dict[str, Any]:
        """The facts about the loss that the parent needs."""
        file, line = _place(self.owner)
        return {
            "strict": _is_ours(self.loss),
            "meeting": declared.meeting(self.loss),
            "function": self.is_function,
            "name": getattr(self.owner, "__name__", type(self.loss).__name__),
            "file": file,
            "line": line,
            "source": (source := source_of(self.owner)),
            "inherited": _of_keras(source["text"]),
        }


def _as_declared(loss: Any, t: Any, p: Any) -> Any:
    """Targets as the base passes them to `call`: without a trailing axis of size 1."""
    targets = getattr(loss, "targets", "auto")
    if targets in ("ids", "reduced") and len(t.shape) == len(p.shape):
        t = keras.ops.squeeze(t, -1) if t.shape[-1] == 1 else t
    if targets == "reduced":
        t = keras.ops.cast(t, p.dtype)
    return t


def _needed(owner: Any) -> list[str]:
    """The arguments without a default."""
    return [
        name
        for name, p in inspect.signature(owner).parameters.items()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


def _is_ours(loss: Any) -> bool:
    return any(c.__module__ == "portable_losses.core.loss" for c in type(loss).__mro__)


def _of_keras(source: str) -> str:
    """The source code of Keras's losses that a loss calls."""
    found = []
    for name in dict.fromkeys(re.findall(r"\w+", source)):
        thing = getattr(keras.losses, name, None)
        if callable(thing) and name not in ("Loss", "get"):
            found.append(source_of(thing)["text"])
    return "\n".join(found)


def _place(owner: Any) -> tuple[str, int]:
    try:
        return inspect.getsourcefile(owner) or "", inspect.getsourcelines(owner)[1]
    except (OSError, TypeError):
        return "", 0


def source_of(owner: Any) -> dict[str, Any]:
    """The source code of a loss, with functions and classes of its module that it uses.

    Returns:
        `text`: the code, without comments and docstrings; `lines`: `[line number,
        text]` of each line in it.
    """
    try:
        file = inspect.getsourcefile(owner)
        whole = pathlib.Path(str(file)).read_text(encoding="utf-8")
        tree = ast.parse(whole)
        first = inspect.getsourcelines(owner)[1]
    except (OSError, TypeError, SyntaxError):
        return {"text": "", "lines": []}
    tops = {
        n.name: n
        for n in tree.body
        if isinstance(n, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    chosen = [n for n in tops.values() if n.lineno <= first <= (n.end_lineno or 0)]
    chosen += [n for n in tops.values() if n.name == getattr(owner, "__name__", "")]
    seen: dict[str, Any] = {}
    while chosen:
        node = chosen.pop()
        if node.name in seen:
            continue
        seen[node.name] = node
        used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        chosen += [tops[name] for name in used if name in tops]
    lines = whole.splitlines()
    numbers = sorted(
        {
            i
            for node in seen.values()
            for i in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        - {i for node in seen.values() for i in _without_docstrings(node)}
    )
    kept = [[i, lines[i - 1]] for i in numbers if i <= len(lines)]
    parts = [ast.unparse(node) for node in seen.values()]
    return {"text": "\n".join(parts), "lines": kept, "file": str(file)}


def _without_docstrings(tree: ast.AST) -> set[int]:
    """Remove docstrings, and return the numbers of their lines."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body or not isinstance(body[0], ast.Expr):
            continue
        value = body[0].value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            lines |= set(range(body[0].lineno, (body[0].end_lineno or 0) + 1))
            body[:1] = [] if len(body) > 1 else [ast.Pass()]
    return lines
