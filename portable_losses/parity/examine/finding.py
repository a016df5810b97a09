"""Finds the losses of a target: one loss, or all of a file or module; in a worker."""

import importlib
import importlib.util
import inspect
import pathlib
import pkgutil
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import keras

from portable_losses.parity.examine.errors import told
from portable_losses.parity.examine.naming import split

_TARGETS = ("true", "target", "label", "truth")
_METRIC = re.compile("coef|score|metric|accuracy|index|similarity|(iou|dice)$")
_BESIDE = re.compile(
    "__|_*(metric|util|helper|layer|callback|trainer|model|dataset|test|example)s?(_|$)"
)
"""Modules of a package that are not searched for losses: their import takes long."""

_PREDICTIONS = ("pred", "logit", "output", "score", "prob")


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
    """The object of a target: `Name`, `Name(argument=value)`, or another expression."""
    place, expression = split(target)
    module = module_of(place)
    return eval(expression, vars(module))


def names(
    place: str, step: Callable[[str], None] = lambda what: None
) -> dict[str, Any]:
    """The targets of all losses that a file, a module or a package defines.

    Args:
        place: the file, module or package.
        step: called before the import of each module.

    Returns:
        `names`: the targets; `unread`: the errors of modules that failed to import.
    """
    module = module_of(place)
    found: list[str] = []
    seen: set[int] = set()
    failed: dict[str, Any] = {}
    for name in losses_in(module):
        found.append(f"{place}:{name}")
        seen.add(id(vars(module)[name]))
    if not hasattr(module, "__path__") or _exports(module, found):
        return {"names": found, "unread": failed}
    left = [info.name for info in _inner(module)]
    while left:
        path = left.pop(0)
        step(f"the import of {path}")
        try:
            inner = importlib.import_module(path)
        except BaseException as error:
            failed[path] = told(error)
            continue
        left[:0] = [info.name for info in _inner(inner)]
        for name in losses_in(inner):
            if id(vars(inner)[name]) not in seen:
                seen.add(id(vars(inner)[name]))
                found.append(f"{path}:{name}")
    return {"names": found, "unread": failed}


def _inner(package: ModuleType) -> list[pkgutil.ModuleInfo]:
    """The modules of a package that may contain losses."""
    if not hasattr(package, "__path__"):
        return []
    return [
        info
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
        if not _BESIDE.match(info.name.rpartition(".")[2])
    ]


def _exports(module: ModuleType, found: list[str]) -> bool:
    """Whether a package declares its public names, and losses are among them."""
    return bool(found) and hasattr(module, "__all__")


def losses_in(module: ModuleType) -> list[str]:
    """The losses that a module defines itself, by name.

    A function with the name of a metric that other functions of the module call is not
    a loss, such as `dice_coef` beside `dice_loss`.
    """
    found: list[str] = []
    seen: set[int] = set()
    for name, thing in vars(module).items():
        if name.startswith("_") or id(thing) in seen:
            continue  # other names of the same object
        before = len(found)
        if inspect.isclass(thing):
            if _is_defined_in(thing, module) and issubclass(thing, keras.losses.Loss):
                if not inspect.isabstract(thing) and _has_call(thing):
                    found.append(name)
        elif isinstance(thing, keras.losses.Loss):
            found.append(name)
        elif inspect.isfunction(thing) and _is_defined_in(thing, module):
            if _takes_a_pair(thing) and not (
                _METRIC.search(name.lower()) and _is_called(name, module)
            ):
                found.append(name)
        if len(found) > before:
            seen.add(id(thing))
    return found


def _is_defined_in(thing: Any, module: ModuleType) -> bool:
    """Whether a module defines the object, or is the package that exports it."""
    if thing.__module__ == module.__name__:
        return True
    top = module.__name__.partition(".")[0]
    return hasattr(module, "__path__") and thing.__module__.partition(".")[0] == top


def _has_call(owner: type) -> bool:
    """Whether a class is a loss to check, and not a base class of Keras or of ours."""
    bases = (keras.losses.Loss, keras.losses.MeanSquaredError.__mro__[1])
    return owner not in bases and not _is_base_of_ours(owner)


def _is_base_of_ours(owner: type) -> bool:
    return f"{owner.__module__}.{owner.__name__}" == "portable_losses.core.loss.Loss"


def _is_called(name: str, module: ModuleType) -> bool:
    codes = [
        getattr(inspect.unwrap(f), "__code__", None)
        for thing in vars(module).values()
        if getattr(thing, "__module__", None) == module.__name__
        for f in (vars(thing).values() if inspect.isclass(thing) else [thing])
        if callable(f)
    ]
    return any(name in code.co_names for code in codes if code is not None)


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
