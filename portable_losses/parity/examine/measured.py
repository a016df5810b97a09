"""All that was measured of a loss, in one place for those who judge it."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from portable_losses.parity.examine.draws import Pair
from portable_losses.parity.examine.kinds import Kind

Facts = dict[str, Any]
Again = Callable[
    [tuple[str, ...], Mapping[str, Pair], tuple[str, ...]], dict[str, Facts]
]
"""Measures once more: on backends, at inputs, with operations swapped."""


Culprit = Callable[[Mapping[str, Pair]], Facts | None]
"""The error of the first operation that gives no finite number, if it shows."""


@dataclasses.dataclass
class Measured:
    """All that was measured of a loss.

    Args:
        kind: what it takes.
        inputs: by name.
        facts: of the loss itself.
        backends: those with gradients that run it.
        found: what was measured, then backend.
        strict: whether advice counts as a fault.
        reference: the user's own, by name, if there is one.
        culprit: finds what makes a value that is not finite.
    """

    kind: Kind
    inputs: Mapping[str, Pair]
    facts: Facts
    backends: tuple[str, ...]
    found: dict[str, dict[str, Facts]]
    strict: bool
    reference: str | None = None
    culprit: Culprit = lambda inputs: None

    @property
    def source(self) -> str:
        """The code of the loss, without comments."""
        return str(self.facts["source"]["text"])

    @property
    def line(self) -> str:
        """Where the loss is defined."""
        file, number = self.facts["file"], self.facts["line"]
        return f"{file}:{number}" if file else ""

    def line_with(self, *words: str) -> str:
        """The first line of the loss with one of these words, or its definition."""
        for word in words:
            for number, text in self.facts["source"]["lines"]:
                if word in text.split("#")[0]:
                    return f"{self.facts['source']['file']}:{number}: {text.strip()}"
        return self.line

    def line_where(self, pattern: str, after: str = "") -> str:
        """The first line that fits a pattern, below one with `after`; or ""."""
        below = not after
        for number, text in self.facts["source"]["lines"]:
            below = below or after in text
            if below and re.search(pattern, text.split("#")[0]):
                return f"{self.facts['source']['file']}:{number}: {text.strip()}"
        return ""

    def items(self, lane: str, label: str) -> Any:
        """What `call` returned in a lane, or None."""
        fact = self.found.get("items", {}).get(lane, {}).get(label, {})
        return np.asarray(fact["items"]) if "items" in fact else None
