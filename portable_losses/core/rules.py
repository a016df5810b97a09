"""The rules for the value of a Hyperparameter; a rule is dropped with its loss."""

import weakref
from collections.abc import Callable
from typing import Any

from portable_losses.core.errors import name_of

Value = float | tuple[float, ...]
Rule = Callable[[Value], object]
"""Raises for a value that a loss cannot take."""


class Rules:
    """The rules of one Hyperparameter.

    An argument is checked before the loss stores it. So a rule is first kept as new;
    when the loss stores the argument it claims the rule, which then applies until the
    loss is deleted.
    """

    def __init__(self) -> None:
        self._new: dict[tuple[str, object], Rule] = {}
        self._held: dict[tuple[int, object], tuple[weakref.ref[Any], Rule]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, owner: object, key: object, rule: Rule) -> None:
        """Add a rule of the constructor of a class."""
        self._new[name_of(owner), key] = rule

    def claim(self, holder: Any) -> None:
        """Move the new rules of an object's constructor to those of the object."""
        names = {cls.__name__ for cls in type(holder).__mro__}
        for owner, key in [known for known in self._new if known[0] in names]:
            place = id(holder), key
            dead = _forgetter(self._held, place)
            rule = self._new.pop((owner, key))
            self._held[place] = weakref.ref(holder, dead), rule

    def check(self, value: Value) -> None:
        """Raise if a loss that is alive cannot take the value."""
        self._new.clear()  # unclaimed rules are those of constructors that raised
        for holder, rule in list(self._held.values()):
            if holder() is not None:
                rule(value)


def _forgetter(held: dict[Any, Any], place: Any) -> Callable[[Any], None]:
    """A function that drops the rule of a deleted loss; it holds no reference to it."""

    def forget(dead: Any) -> None:
        if place in held and held[place][0] is dead:
            del held[place]

    return forget
