"""Which arguments a loss was made with."""

import functools
import inspect
from typing import Any


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
