"""All measurements of a loss, for the modules that judge it."""

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
"""Measures again: on some backends, at some inputs, with operations swapped."""


Culprit = Callable[[Mapping[str, Pair]], Facts | None]
"""The error of the first operation with a result that is not finite, if found."""


Elsewhere = Callable[[Mapping[str, Pair]], Any]
"""The items in two processes of the NumPy backend, if they are known."""


@dataclasses.dataclass
class Measured:
    """All measurements of a loss.

    Args:
        kind: the kind of its inputs.
        inputs: the inputs by name.
        facts: facts about the loss itself.
        backends: the backends with gradients that run it.
        found: the results by measurement, then by backend.
        strict: whether advice counts as a fault.
        reference: name of the user's reference, if given.
        culprit: finds the operation that makes a value that is not finite.
        elsewhere: runs the loss at some inputs in two processes.
    """

    kind: Kind
    inputs: Mapping[str, Pair]
    facts: Facts
    backends: tuple[str, ...]
    found: dict[str, dict[str, Facts]]
    strict: bool
    reference: str | None = None
    culprit: Culprit = lambda inputs: None
    elsewhere: Elsewhere = lambda inputs: None

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
        """The first line of the loss with one of these words, else its definition."""
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
        """What `call` returned on a backend, or None."""
        fact = self.found.get("items", {}).get(lane, {}).get(label, {})
        return np.asarray(fact["items"]) if "items" in fact else None
