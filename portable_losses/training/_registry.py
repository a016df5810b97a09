"""The name under which a function is saved, and how it is found for loading."""

import pathlib
import sys
import types
from typing import Any

import keras

from portable_losses.core import errors
from portable_losses.core.config import registered

NOTEBOOK = "notebook"
"""The package name of functions that are defined in a notebook or at a prompt."""


def module_of(function: Any) -> str:
    """The module to import; for a script, the name that its file has as a module."""
    module = function.__module__ or "__main__"  # None in code that `exec` ran
    if module in ("__main__", "__mp_main__"):  # the second one in a spawned process
        main = sys.modules[module]
        spec = getattr(main, "__spec__", None)
        file = getattr(main, "__file__", None)
        if hasattr(sys, "ps1"):  # an interactive prompt, or a notebook
            module = NOTEBOOK
        elif spec is not None:  # python -m package.module
            module = spec.name
        elif file is not None:  # python train.py
            module = pathlib.Path(file).stem
    return str(module)


def package_of(function: Any) -> str:
    """The root package of a function."""
    return module_of(function).partition(".")[0]


def register(function: Any, cls: Any, package: str) -> None:
    """Register a class by the name of its function, unless the name is taken."""
    name = f"{package}>{function.__name__}"
    known = keras.saving.get_registered_object(name)
    if known is not None and package != NOTEBOOK:
        if not _is_same(getattr(known, "_function", None), function):
            rule = f"the only function with the name {name}"
            shown = errors.Described(f"a second, different {function.__qualname__}")
            remedy = "rename it, or give its package: @loss(package=...)"
            errors.fail("loss", "function", rule, shown, remedy)
    keras.saving.register_keras_serializable(package, function.__name__)(cls)


def origin_of(config: Any) -> tuple[str, str, bool]:
    """What a config says of its function: name, module, and whether it was called."""
    kinds = {"registered": str, "module": str, "called": bool}
    if not isinstance(config, dict) or any(
        not isinstance(config.get(key), kind) for key, kind in kinds.items()
    ):
        rule = f"a dict of {', '.join(kinds)}"
        remedy = "save the model again; the file was changed"
        errors.fail("loss", "@loss", rule, config, remedy, TypeError)
    return config["registered"], config["module"], config["called"]


def found(name: str, module: str, base: type) -> Any:
    """The class of that name, or an error that names the module to import.

    A class that `loss` has not made is none: a changed file may have its name.
    """
    cls = keras.saving.get_registered_object(name)
    if not (isinstance(cls, type) and issubclass(cls, base) and cls is not base):
        cls = None
    if cls is None:
        remedy = f"import {module}, which defines it, before you load"
        if module in (NOTEBOOK, "__main__"):
            remedy = "run the cell or line that defines it, before you load"
        owner = name.rpartition(">")[2]
        rule = "a @loss function that is defined when a model with it is loaded"
        shown = errors.Described(f"{name}, which is not")
        errors.fail(owner, "function", rule, shown, remedy)
    return cls


def decorated_again(module: str, name: str) -> Any:
    """The decorated function, for `pickle`."""
    return registered(module, name)._decorated()


def made_again(module: str, name: str, config: dict[str, Any]) -> Any:
    """A loss of a function, for `pickle`."""
    return type(decorated_again(module, name))(**config)


def _is_same(known: Any, function: Any) -> bool:
    """Whether two functions come from one definition that was executed twice."""
    return known is not None and _definition(known) == _definition(function)


def _definition(function: Any) -> tuple[object, ...]:
    closure = [cell.cell_contents for cell in function.__closure__ or ()]
    defaults = function.__defaults__, function.__kwdefaults__
    return _code(function.__code__), repr(closure), repr(defaults)


def _code(code: types.CodeType) -> tuple[object, ...]:
    """The parts of a code object that determine its behavior, without line numbers."""
    constants = tuple(
        _code(c) if isinstance(c, types.CodeType) else (type(c), repr(c))
        for c in code.co_consts
    )
    return code.co_code, constants, code.co_names, code.co_varnames
