"""The constructor arguments of a loss: read, made storable, and restored."""

import collections
import functools
import importlib
import inspect
from collections.abc import Iterable, Iterator
from typing import Any

import keras


def parameters_of(cls: Any) -> dict[str, inspect.Parameter]:
    """The constructor's arguments, with those that **kwargs passes to base classes."""
    return _parameters_of(cls)


@functools.cache
def _parameters_of(cls: Any) -> dict[str, inspect.Parameter]:
    found: dict[str, inspect.Parameter] = {}
    for init in constructors_of(cls):
        parameters = parameters_in(init)
        kinds = {p.kind for p in parameters}
        for p in parameters:
            if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                found.setdefault(p.name, p)
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            break
    return found


def arguments_of(cls: Any) -> tuple[str, ...]:
    """The names of these arguments."""
    return tuple(parameters_of(cls))


def restored(value: Any) -> Any:
    """An argument from a config, which may come from `get_config` or from a file."""
    if isinstance(value, NamedTuple):
        return value.value
    if isinstance(value, tuple | list):
        return rebuilt(value, map(restored, value))
    if not isinstance(value, dict):
        return value
    if "class_name" in value and "config" in value:
        return keras.saving.deserialize_keras_object(value)
    return {key: restored(inner) for key, inner in value.items()}


def registered(module: str, name: str) -> Any:
    """The class that is registered under a name, after its module is imported."""
    if keras.saving.get_registered_object(name) is None:
        importlib.import_module(module)
    return keras.saving.get_registered_object(name)


def storable(value: Any) -> Any:
    """An argument as Keras can save it: a namedtuple keeps the names of its fields."""
    if isinstance(value, dict):
        return {key: storable(inner) for key, inner in value.items()}
    if not isinstance(value, tuple | list):
        return value
    return (
        NamedTuple(value)
        if hasattr(value, "_make")
        else type(value)(map(storable, value))
    )


def rebuilt(like: Any, items: Iterable[Any]) -> Any:
    """A sequence of the same type as `like`, which may be a namedtuple."""
    make = getattr(type(like), "_make", type(like))
    return make(items)


@keras.saving.register_keras_serializable("portable_losses")
class NamedTuple:
    """A namedtuple in a config, which is restored with the same fields."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def get_config(self) -> dict[str, Any]:
        """Return the name, and the fields in their order."""
        values = [[name, storable(x)] for name, x in self.value._asdict().items()]
        return {"name": type(self.value).__name__, "fields": values}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a namedtuple of the same fields."""
        names = [name for name, _ in config["fields"]]
        # Safe mode: a name from a file is never executed or imported.
        name: Any = config["name"]
        made: Any = collections.namedtuple(name, names)  # type: ignore[misc]
        return made(*(restored(value) for _, value in config["fields"]))


def is_default(value: Any, parameter: inspect.Parameter) -> bool:
    """Whether an argument equals its default."""
    default = parameter.default
    if value is default:
        return True
    try:
        return type(value) is type(default) and bool(value == default)
    except Exception:  # `==` of arrays, for example, gives no single bool
        return False


def constructors_of(cls: Any) -> Iterator[Any]:
    """The constructors of a class and its bases, in the order of the MRO."""
    for base in cls.__mro__:
        if "__init__" in base.__dict__:
            yield base.__dict__["__init__"]


def parameters_in(init: Any) -> list[inspect.Parameter]:
    """The parameters of a constructor without self, as written in the source."""
    return list(inspect.signature(as_written(init)).parameters.values())[1:]


def as_written(init: Any) -> Any:
    """A constructor without the wrapper that `noted` put around it."""
    return getattr(init, NOTED, init)


NOTED = "_portable_losses_wraps"
