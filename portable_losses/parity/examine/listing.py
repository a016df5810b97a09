"""The losses of a package, each once: what an audit checks; in a worker.

A loss has many names: a class, the function that it wraps, and short forms of both. A
class that takes logits or probabilities is two losses, and each is checked.
"""

import inspect
from collections.abc import Iterator
from typing import Any

import keras

from portable_losses.parity.examine import declared
from portable_losses.parity.examine.finding import find, module_of, names, split

LOGITS = "from_logits"


def listed(place: str) -> dict[str, Any]:
    """The targets that a place stands for.

    Returns:
        `names`: the targets; `also`: the other names of each; `unread`: what modules of
        a package raised on import.
    """
    found = names(place)
    if place.endswith(".py"):
        return {**found, "also": {}}
    things = {target: find(target) for target in found["names"]}
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


def _wrapped(things: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Functions, and the class that computes with each as the function by itself does.

    A class whose arguments have other defaults than those of its function is another
    loss.
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
    """A loss without arguments; None where it needs some."""
    try:
        return owner()
    except Exception:  # its own, whatever that is: the check will tell
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
    """A class as it is, and with `from_logits=True`, if it takes that."""
    yield target
    if inspect.isclass(thing) and issubclass(thing, keras.losses.Loss):
        argument = inspect.signature(thing).parameters.get(LOGITS)
        if argument is not None and argument.default is False and _made(thing):
            yield f"{target}({LOGITS}=True)"
