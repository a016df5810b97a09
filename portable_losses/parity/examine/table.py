"""Values and gradients side by side, and what can be wrong with one."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from portable_losses.parity.examine.draws import Pair

Facts = dict[str, Any]

ORDER = ("finite", "value", "backends", "gradient", "dead", "modes", "direction")

DEFINED = 1e-2
"""How near a value is to that of a formula."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """One number that is wrong.

    Args:
        check: one of `ORDER`.
        label: of the input.
        backends: where.
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
    """Values and gradients by backend, and the float64 ones, of named inputs."""

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
        """The names of the inputs that are no drawn ones."""
        return tuple(self.kind.edges(self.kind.shape))

    def wanted(self, label: str) -> Facts | None:
        """What float64 gives, or None.

        Of a loss of Keras there are two: ours in its place, and its own formula. Where
        every backend has the value of its formula, another value is no fault, but
        another definition: what an empty region costs.
        """
        found = self.reference.get(label, {})
        own = found.get("own")
        if own is not None and all(
            abs(v - own["value"]) <= DEFINED * max(abs(own["value"]), 1e-3)
            for v in self.values(label).values()
        ):
            return dict(own)
        return found if "value" in found else None
