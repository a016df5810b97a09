"""A target found: by file or module, alone or all losses of a place; in a worker."""

import importlib
import importlib.util
import inspect
import pathlib
import pkgutil
import sys
from types import ModuleType
from typing import Any

import keras

_TARGETS = ("true", "target", "label", "truth")
_PREDICTIONS = ("pred", "logit", "output", "score", "prob")


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
    return eval(expression, vars(module))


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
