"""Replaces operations of `keras.ops` by ours in a user's module, for an experiment."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import keras

import portable_losses
from portable_losses.parity.examine.errors import is_own
from portable_losses.parity.examine.subject import Subject


class _View(ModuleType):
    """A module with some of its names replaced."""

    def __init__(self, of: ModuleType, names: dict[str, Any]) -> None:
        super().__init__(of.__name__)
        self._of = of
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)


@contextlib.contextmanager
def swapped(subject: Subject, names: Iterable[str]) -> Iterator[None]:
    """Make the user's modules use our operations of these names.

    Keras's losses use them too, since a user's loss may call one. Other modules of
    Keras and those of this package are unchanged.
    """
    ours = {
        name: getattr(portable_losses.ops, name)
        for name in names
        if hasattr(portable_losses.ops, name)
    }
    if not ours:
        yield
        return
    before: list[tuple[dict[str, Any], str, Any]] = []
    try:
        for module in _modules(subject):
            for name, thing in list(vars(module).items()):
                other = _other(thing, ours)
                if other is not thing:
                    before.append((vars(module), name, thing))
                    vars(module)[name] = other
        yield
    finally:
        for where, name, thing in before:
            where[name] = thing


def _other(thing: Any, ours: dict[str, Any]) -> Any:
    if isinstance(thing, ModuleType) and _is_ops(thing):
        return _View(thing, ours)
    if thing is keras:
        return _View(keras, {"ops": _View(keras.ops, ours)})
    if callable(thing):
        for name, own in ours.items():
            if thing is getattr(keras.ops, name, None):
                return own
    return thing


def _is_ops(module: ModuleType) -> bool:
    """Whether it is `keras.ops`, or the module that Keras uses internally as `ops`."""
    return getattr(module, "absolute", None) is keras.ops.absolute


def _modules(subject: Subject) -> list[ModuleType]:
    """The module of the loss, other modules of the user, and that of Keras's losses."""
    own = {type(subject.loss).__module__, subject.owner.__module__}
    own.add(keras.losses.MeanSquaredError.__module__)
    return [sys.modules[name] for name in sorted(own) if name in sys.modules] + [
        module
        for module in list(sys.modules.values())
        if isinstance(getattr(module, "__file__", None), str)
        and is_own(str(module.__file__))
        and module.__name__ not in own
    ]


def pinned() -> list[str]:
    """The operations that differ from those of Keras on this backend."""
    return [
        name
        for name in dir(portable_losses.ops)
        if not name.startswith("_")
        and callable(getattr(portable_losses.ops, name))
        and hasattr(keras.ops, name)
        and getattr(portable_losses.ops, name) is not getattr(keras.ops, name)
    ]
