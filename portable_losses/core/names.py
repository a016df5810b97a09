"""The few names that the arguments of a user's loss cannot have.

The base class looks a method up in the class: `type(loss).keep(loss, y_true)`. So an
argument may have the name of a method, as in `self.keep = 0.5`, and both work. This
file checks for the names that are still reserved.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from portable_losses.core import errors

HOOKS: dict[str, tuple[str, ...]] = {
    "call": ("y_true", "y_pred"),
    "keep": ("y_true",),
    "is_statistic": ("y_pred",),
    "feature_axis": (),
    "class_count": ("y_pred",),
    "get_config": (),
}
"""The methods that a loss may override, and their parameters without self."""

_TAKEN = {
    "call": "the method that computes the loss",
    "get_config": "the method by which Keras saves a loss",
    "from_config": "the method by which Keras loads a loss",
}
_private: set[str] = set()
_OF_KERAS = ("_dtype", "_dtype_policy", "_obj_type")


def check_arguments(owner: str, names: Iterable[str]) -> None:
    """Reject arguments of a constructor, or of a `@loss`, with a reserved name.

    `names` does not contain `reduction`, `name` and `dtype`, which every loss has.
    """
    for name in names:
        if name in _TAKEN:
            shown = errors.Described("an argument")
            _reject(owner, name, _TAKEN[name], shown, f"rename it: {name}_")
        if is_private(name) or name in _OF_KERAS:
            shown = errors.Described("an argument")
            _reject(owner, name, "left to the base class", shown, "rename it")


def check_attribute(loss: Any, name: str, value: Any) -> None:
    """Reject an attribute whose name would break the loss."""
    owner = type(loss).__name__
    if name in _TAKEN:
        _reject(owner, name, _TAKEN[name], value, f"rename the argument: {name}_")
    elif name in HOOKS and inspect.isroutine(value):
        shown = errors.Described("a function of one object")
        remedy = f"write it in the class: def {_signature(name)}"
        _reject(owner, name, "a method of the class", shown, remedy)
    elif name == "dtype":
        remedy = "pass it to super().__init__(dtype=...), or rename your argument"
        _reject(owner, name, "left to the base class, which has it", value, remedy)
    elif name == "name" and not isinstance(value, str):
        remedy = "every loss has one: rename your argument"
        _reject(owner, name, "the name of the loss, a string", value, remedy)
    elif is_private(name) and not _is_ours(type(loss)):
        _reject(owner, name, "left to the base class", value, "rename the attribute")


def check_class(cls: Any) -> None:
    """Reject a class that replaces a method of the base class by something else."""
    owner, own = cls.__name__, vars(cls)
    for name in HOOKS.keys() & own.keys():
        value = getattr(cls, name)
        if not callable(value):
            _reject(owner, name, "a method", value, "rename the attribute")
        if name != "call" and not _takes(value, 1 + len(HOOKS[name])):
            shown = errors.Described(f"{name}{inspect.signature(value)}")
            rule = f"a method {_signature(name)}, which the base class calls"
            _reject(owner, name, rule, shown, "rename yours")
    if _is_ours(cls):
        return
    for name in filter(is_private, own):
        shown = errors.Described("a method or attribute of that name")
        _reject(owner, name, "left to the base class", shown, "rename yours")
    init = own.get("__init__")
    code = getattr(init, "__code__", None)
    if code is not None:
        count = code.co_argcount + code.co_kwonlyargcount
        check_arguments(owner, code.co_varnames[1:count])


def _signature(name: str) -> str:
    return f"{name}({', '.join(('self', *HOOKS[name]))})"


def _takes(method: Any, count: int) -> bool:
    """Whether a method can be called with this number of positional arguments."""
    try:
        inspect.signature(method).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # a callable without a signature
        return True
    return True


def is_private(name: str) -> bool:
    """Whether the base class uses this private name."""
    return name in _private


def reserve(names: Iterable[str]) -> None:
    """Reserve private names for the base class."""
    _private.update(name for name in names if name[:1] == "_" and name[:2] != "__")


def _is_ours(cls: Any) -> bool:
    return str(cls.__module__).startswith("portable_losses.")


def _reject(owner: str, name: str, rule: str, value: Any, remedy: str) -> None:
    errors.fail(owner, name, rule, value, remedy, TypeError)


class unless_an_argument:
    """A property that an attribute of the same name replaces."""

    def __init__(self, get: Callable[[Any], Any]) -> None:
        self.get, self.__doc__ = get, get.__doc__

    def __get__(self, loss: Any, cls: Any = None) -> Any:
        return self if loss is None else self.get(loss)
