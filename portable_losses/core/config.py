"""Which arguments a loss was made with, and how they come back from a file."""

import functools
import inspect
from typing import Any

import keras


@functools.cache
def arguments_of(cls: Any) -> tuple[str, ...]:
    """The names of the constructor's arguments, through **kwargs up the classes."""
    names: dict[str, None] = {}
    for base in cls.__mro__:
        init = base.__dict__.get("__init__")
        if init is None:
            continue
        parameters = list(inspect.signature(init).parameters.values())[1:]
        kinds = {p.kind for p in parameters}
        for p in parameters:
            if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                names[p.name] = None
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            break
    return tuple(names)


def restored(value: Any) -> Any:
    """An argument from a config: as it was given, or as it was read from a file."""
    if isinstance(value, tuple | list):
        inner = map(restored, value)
        return (
            type(value)._make(inner) if hasattr(value, "_make") else type(value)(inner)
        )
    if not isinstance(value, dict):
        return value
    if "class_name" in value and "config" in value:
        return keras.saving.deserialize_keras_object(value)
    return {key: restored(inner) for key, inner in value.items()}
