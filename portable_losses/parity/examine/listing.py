"""The losses of a package, each once: what an audit checks; in a worker.

A loss has several names: a class, the function that it wraps, and short forms of both.
A class that takes logits or probabilities is checked as two losses.
"""

import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import keras

from portable_losses.parity.examine import declared
from portable_losses.parity.examine.finding import find, module_of, names
from portable_losses.parity.examine.kinds import COLUMNS
from portable_losses.parity.examine.naming import split

LOGITS = "from_logits"
KNOWN = {"num_classes": COLUMNS}
"""Values for required arguments whose meaning is clear from the name."""

_BASE = re.compile("^_*(Base|Abstract)|Base$")


def listed(
    place: str, step: Callable[[str], None] = lambda what: None
) -> dict[str, Any]:
    """The targets that a place stands for.

    Args:
        place: a file, a module or a package; or one loss of this package, which stands
            for the arguments of its cases.
        step: called before the import of each module.

    Returns:
        `names`: the targets; `also`: the other names of each; `unread`: the errors of
        modules that failed to import.
    """
    if split(place)[1]:
        of_cases = declared.targets(place, find(place))
        return {"names": of_cases or [place], "also": {}, "unread": {}}
    found = names(place, step)
    if place.endswith(".py"):
        return {**found, "also": {}}
    things = {target: find(target) for target in found["names"]}
    things = {t: thing for t, thing in things.items() if not _is_base(t, thing)}
    also: dict[str, list[str]] = {}
    targets: list[str] = []
    wrapped = dict(_wrapped(things))
    for target, thing in things.items():
        if target in wrapped:
            continue
        functions = [f for f, by in wrapped.items() if by == target]
        others = [n for of in (target, *functions) for n in _other_names(of, things)]
        for spelled in declared.targets(target, thing) or _spelled(target, thing):
            targets.append(spelled)
            if spelled == target:
                also[target] = [split(f)[1] for f in functions] + others
    return {
        "names": targets,
        "also": {target: others for target, others in also.items() if others},
        "unread": found["unread"],
    }


def _is_base(target: str, thing: Any) -> bool:
    """Whether it is an abstract class, which others derive from."""
    if not inspect.isclass(thing):
        return False
    return bool(thing.__subclasses__() and _BASE.search(split(target)[1]))


def _wrapped(things: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Functions, each with the class that computes the same by default.

    A class whose defaults differ from those of its function is another loss.
    """
    functions = {id(f): target for target, f in things.items() if inspect.isfunction(f)}
    for target, thing in things.items():
        if not inspect.isclass(thing):
            continue
        loss = _made(thing)
        function = getattr(loss, "fn", None)
        if id(function) not in functions or function is None:
            continue
        defaults = {
            name: p.default
            for name, p in inspect.signature(function).parameters.items()
        }
        given = getattr(loss, "_fn_kwargs", {})
        if all(name in defaults and defaults[name] == v for name, v in given.items()):
            yield functions.pop(id(function)), target


def _made(owner: type) -> Any:
    """The loss made without arguments; None if it needs some."""
    try:
        return owner()
    except Exception:  # any error of the user's code: the check reports it
        return None


def _other_names(target: str, things: dict[str, Any]) -> list[str]:
    """The public names of the same object in its module."""
    place, own = split(target)
    return [
        name
        for name, thing in vars(module_of(place)).items()
        if thing is things[target] and name != own and not name.startswith("_")
    ]


def _spelled(target: str, thing: Any) -> Iterator[str]:
    """A class with the arguments that it needs, and with both values of `from_logits`.

    If a required argument has no known value, it is omitted: the check reports that it
    is missing.
    """
    if not inspect.isclass(thing) or not issubclass(thing, keras.losses.Loss):
        yield target
        return
    values: dict[str, tuple[Any, ...]] = {}
    for name, parameter in inspect.signature(thing).parameters.items():
        needed = parameter.default is parameter.empty and parameter.kind in (
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.KEYWORD_ONLY,
        )
        if name == LOGITS and (needed or isinstance(parameter.default, bool)):
            usual = not needed and parameter.default
            values[name] = (usual, not usual)
            continue
        if needed and name not in KNOWN:
            yield target
            return
        if needed:
            values[name] = (KNOWN[name],)
    for chosen in itertools.product(*values.values()):
        given = dict(zip(values, chosen, strict=True))
        arguments = ", ".join(
            f"{name}={value!r}"
            for name, value in given.items()
            if value != inspect.signature(thing).parameters[name].default
        )
        spelled = f"{target}({arguments})" if arguments else target
        if _is_made(spelled) or not arguments:
            yield spelled


def _is_made(target: str) -> bool:
    try:
        find(target)
    except Exception:  # any error of the user's code
        return False
    return True
