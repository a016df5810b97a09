"""Whether two functions computed the same numbers: asked before any time is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Agreement:
    """How close results must be: `rtol` of each element, plus an absolute part.

    That part is `atol`, or `rtol` of the largest element where this is less: under the
    gradient of a mean over millions, 1e-7 alone would let anything pass. `of_largest`
    replaces it by another fraction of the largest element, where small elements are
    differences of large ones. A workload that needs more than the default says `why`.
    """

    rtol: float = 1e-5
    atol: float = 1e-7
    of_largest: float | None = None
    why: str = ""

    def difference(self, ours: Sequence[Any], theirs: Sequence[Any]) -> str | None:
        """What differs between values and gradients, or None where nothing does."""
        if len(ours) != len(theirs):
            return f"{len(ours)} results against {len(theirs)}"
        names = ["value", *(f"gradient {i}" for i in range(1, len(ours)))]
        if len(names) == 2:
            names[1] = "gradient"
        for name, a, b in zip(names, ours, theirs, strict=True):
            found = self._of(np.asarray(a, "float64"), np.asarray(b, "float64"))
            if found:
                return f"{name}: {found}"
        return None

    def _of(self, a: Any, b: Any) -> str | None:
        if a.shape != b.shape:
            return f"shape {a.shape} against {b.shape}"
        if a.size == 0:
            return None
        largest = float(np.abs(b).max())
        absolute = min(self.atol, self.rtol * largest)
        if self.of_largest is not None:
            absolute = self.of_largest * largest
        # Not `>`: a NaN on either side is no agreement.
        wrong = ~(np.abs(a - b) <= absolute + self.rtol * np.abs(b))
        if not wrong.any():
            return None
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        where = f" at {list(at)}" if at else ""
        share = f", {wrong.sum()} of {wrong.size} elements" if wrong.size > 1 else ""
        return f"{a[at]:.7g} against {b[at]:.7g}{where}{share} (rtol {self.rtol:g})"


CLOSE = Agreement()
