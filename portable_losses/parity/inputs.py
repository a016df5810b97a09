"""The inputs of a case by name: drawn, in half precision, masked, and at the edges."""

from typing import Any

import ml_dtypes
import numpy as np

from portable_losses.parity.case import Array, Case, Pair

HALF = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


class Inputs:
    """Targets and predictions by the name of the input: `inputs("drawn")`.

    Args:
        case: the case.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._drawn: Pair | None = None

    def labels(self) -> list[str]:
        """The inputs that have a reference, by name."""
        named = ["drawn", "drawn float16", "drawn bfloat16", "masked", "one sample"]
        named += [f"edge {name}" for name in self._case.edges]
        return named + (["exact"] if self._case.exact is not None else [])

    def __call__(self, label: str) -> Pair:
        """Targets and predictions: float32 predictions, int32 class indices."""
        if label == "drawn":
            if self._drawn is None:
                self._drawn = single(self._case.inputs())
            return self._drawn
        if label.startswith("edge "):
            return self.tiled(self._case.edges[label.removeprefix("edge ")])
        if label == "exact":
            assert self._case.exact is not None
            return single(self._case.exact)
        t, p = self("drawn")
        if label.startswith("drawn "):
            return t, p.astype(HALF[label.removeprefix("drawn ")])
        which: Any = keep(len(p)) if label == "masked" else slice(0, 1)
        return take(t, which), p[which]

    def tiled(self, pair: Pair) -> Pair:
        """Edge inputs, repeated to the drawn number of samples where items allow.

        Fewer shapes are fewer compiled functions.
        """
        t, p = single(pair)
        samples = self._case.samples
        if self._case.kind == "items" and 0 < len(p) < samples:
            which = np.arange(samples) % len(p)
            t, p = take(t, which), p[which]
        return t, p


def keep(samples: int) -> Array:
    """The mask of the masked input, True for samples that are kept."""
    return np.arange(samples) % 3 != 1


def single(pair: Pair) -> Pair:
    """Inputs as users pass them: float32 and int32."""
    t, p = pair
    if t is not None:
        t = np.asarray(t)
        t = t.astype("int32" if t.dtype.kind in "iu" else "float32")
    return t, np.asarray(p).astype("float32")


def take(x: Array | None, which: Any) -> Any:
    """Some samples of the targets, which may be None."""
    return None if x is None else x[which]
