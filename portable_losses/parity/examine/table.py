"""Values and gradients of all backends, and the faults found in them."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from portable_losses.parity.examine.draws import Pair

Facts = dict[str, Any]

ORDER = ("finite", "value", "backends", "gradient", "dead", "modes", "direction")

DEFINED = 1e-2
"""Relative error within which a value counts as that of Keras's formula."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """One wrong number.

    Args:
        check: one of `ORDER`.
        label: name of the input.
        backends: the backends that show it.
        words: what is wrong.
        sample: the sample that shows it.
    """

    check: str
    label: str
    backends: tuple[str, ...]
    words: str
    sample: int = 0


@dataclasses.dataclass
class Table:
    """Values and gradients at named inputs, by backend and in float64."""

    main: dict[str, Facts]
    reference: Facts
    inputs: Mapping[str, Pair]
    kind: Any
    modes: dict[str, dict[str, Facts]] = dataclasses.field(default_factory=dict)

    def values(self, label: str) -> dict[str, float]:
        """The value on each backend."""
        return {
            b: float(facts[label]["value"])
            for b, facts in self.main.items()
            if "value" in facts.get(label, {})
        }

    def gradients(self, label: str) -> dict[str, Any]:
        """The gradient on each backend."""
        return {
            b: np.asarray(facts[label]["gradient"], "float64")
            for b, facts in self.main.items()
            if "gradient" in facts.get(label, {})
        }

    @property
    def edges(self) -> tuple[str, ...]:
        """The names of the inputs that are not drawn."""
        return tuple(self.kind.edges(self.kind.shape))

    def wanted(self, label: str) -> Facts | None:
        """The float64 value and derivatives, or None.

        For a loss of Keras there are two: those of our drop-in, and those of Keras's
        formula. If every backend has the value of Keras's formula, that one is used: a
        difference from ours is another definition and no fault, such as the loss of an
        empty region.
        """
        found = self.reference.get(label, {})
        own = found.get("own")
        if own is not None and all(
            abs(v - own["value"]) <= DEFINED * max(abs(own["value"]), 1e-3)
            for v in self.values(label).values()
        ):
            return dict(own)
        return found if "value" in found else None
