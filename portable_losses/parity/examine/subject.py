"""A user's loss as it was given: found, made, and called, in a worker."""

import ast
import importlib
import importlib.util
import inspect
import pathlib
import pkgutil
import sys
import textwrap
from types import ModuleType
from typing import Any

import keras

_WRAPPER = keras.losses.MeanSquaredError.__mro__[1]
"""What Keras makes of a plain function: it aligns the ranks and reduces."""

_TARGETS = ("true", "target", "label", "truth")
_PREDICTIONS = ("pred", "logit", "output", "score", "prob")


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
        self.loss = self._made(given)
        owner = given if self.is_class or inspect.isroutine(given) else type(given)
        self.owner = getattr(given, "function", owner)

    @staticmethod
    def _made(given: Any) -> Any:
        if inspect.isclass(given):
            try:
                return given()
            except TypeError as error:
                if "missing" in str(error) and "argument" in str(error):
                    raise ValueError(
                        f"{given.__name__} needs arguments ({error}); give them in "
                        f"the target, for instance {given.__name__}(...)"
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
        found = self.loss(t, p) if w is None else self.loss(t, p, w)
        if not hasattr(found, "shape"):
            found = keras.ops.convert_to_tensor(found)
        return keras.ops.mean(found) if len(found.shape) else found

    def items(self, t: Any, p: Any) -> Any:
        """What `call` returns for inputs as Keras hands them over."""
        dtype = keras.backend.standardize_dtype(self.loss.dtype)
        if _is_ours(self.loss):
            return self.loss.call(t, p)
        return self.loss.call(
            keras.ops.convert_to_tensor(t, dtype), keras.ops.convert_to_tensor(p, dtype)
        )

    def facts(self) -> dict[str, Any]:
        """What the parent must know of it."""
        file, line = _place(self.owner)
        return {
            "strict": _is_ours(self.loss),
            "function": self.is_function,
            "name": getattr(self.owner, "__name__", type(self.loss).__name__),
            "file": file,
            "line": line,
            "source": source_of(self.owner),
        }


def _is_ours(loss: Any) -> bool:
    return any(c.__module__ == "portable_losses.core.loss" for c in type(loss).__mro__)


def _place(owner: Any) -> tuple[str, int]:
    try:
        return inspect.getsourcefile(owner) or "", inspect.getsourcelines(owner)[1]
    except (OSError, TypeError):
        return "", 0


def source_of(owner: Any) -> dict[str, Any]:
    """The code of a loss, with the functions and classes of its module that it uses.

    Returns:
        `text`: the code; `lines`: `[line number, text]` of each line in it.
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
    seen: dict[str, ast.AST] = {}
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
    )
    kept = [[i, lines[i - 1]] for i in numbers if i <= len(lines)]
    parts = [
        textwrap.dedent(ast.get_source_segment(whole, node, padded=True) or "")
        for node in seen.values()
    ]
    return {"text": "\n".join(parts), "lines": kept, "file": str(file)}


# --- finding it -----------------------------------------------------------------------


def split(target: str) -> tuple[str, str]:
    """The place and the expression of a target."""
    where = target.find(".py:")
    if where >= 0:
        return target[: where + 3], target[where + 4 :]
    if target.endswith(".py"):
        return target, ""
    place, _, expression = target.partition(":")
    return place, expression


def module_of(place: str) -> ModuleType:
    """Import a file, or a module by name."""
    if not place.endswith(".py"):
        if "" not in sys.path:
            sys.path.insert(0, "")
        return importlib.import_module(place)
    path = pathlib.Path(place).resolve()
    name = path.stem
    package = path.parent
    parts = [name] if name != "__init__" else []
    while (package / "__init__.py").exists():  # relative imports work by module name
        parts.insert(0, package.name)
        package = package.parent
    if str(package) not in sys.path:
        sys.path.insert(0, str(package))
    if len(parts) > 1:
        return importlib.import_module(".".join(parts))
    key = name if name.isidentifier() and name not in sys.modules else f"_target_{name}"
    known = sys.modules.get(key)
    if known is not None and getattr(known, "__file__", None) == str(path):
        return known
    if known is not None:
        key = f"_target_{abs(hash(str(path)))}"
    spec = importlib.util.spec_from_file_location(key, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[key] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[key]
        raise
    return module


def find(target: str) -> Any:
    """What a target names: `Name`, `Name(argument=value)`, or any such expression."""
    place, expression = split(target)
    module = module_of(place)
    return eval(expression, vars(module))  # noqa: S307 - the user's own words


def names(place: str) -> list[str]:
    """The targets of all losses that a file, a module or a package defines."""
    module = module_of(place)
    if not hasattr(module, "__path__"):
        return [f"{place}:{name}" for name in losses_in(module)]
    found = [f"{place}:{name}" for name in losses_in(module)]
    for info in pkgutil.walk_packages(module.__path__, f"{module.__name__}."):
        if info.name.rpartition(".")[2].startswith("__"):
            continue
        inner = importlib.import_module(info.name)
        found += [f"{info.name}:{name}" for name in losses_in(inner)]
    return found


def losses_in(module: ModuleType) -> list[str]:
    """The losses that a module defines itself, by name."""
    found = []
    for name, thing in vars(module).items():
        if name.startswith("_"):
            continue
        if inspect.isclass(thing):
            own = thing.__module__ == module.__name__
            if own and issubclass(thing, keras.losses.Loss):
                if not inspect.isabstract(thing):
                    found.append(name)
        elif isinstance(thing, keras.losses.Loss):
            found.append(name)
        elif inspect.isfunction(thing) and thing.__module__ == module.__name__:
            if _takes_a_pair(thing):
                found.append(name)
    return found


def _takes_a_pair(function: Any) -> bool:
    needed = [
        p.name
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty
        and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(needed) != 2:
        return False
    t, p = needed
    first = any(word in t for word in _TARGETS) or t in ("t", "y", "yt")
    return first and (
        any(word in p for word in _PREDICTIONS) or p in ("p", "y_hat", "yp")
    )
