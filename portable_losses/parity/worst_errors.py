"""The largest errors of a case on one backend, for the report."""

import numpy as np

from portable_losses.parity.case import Array
from portable_losses.parity.tolerances import SMALL_GRADIENT, SMALL_VALUE


class WorstErrors:
    """The largest error of a value and of a gradient, None until one is measured."""

    def __init__(self) -> None:
        self.value: float | None = None
        self.gradient: float | None = None

    def note_value(self, got: Array, wanted: float, largest: float) -> None:
        """Keep the error of a value, relative to the largest item."""
        size = max(abs(wanted), largest, SMALL_VALUE)
        error = abs(float(got) - wanted) / size
        self.value = max(self.value or 0.0, error)

    def note_gradient(self, got: Array, wanted: Array) -> None:
        """Keep the error of a gradient, relative to its largest element.

        Elements whose derivative is unknown are NaN in `wanted`.
        """
        known = np.isfinite(wanted)
        got, wanted = got[known], wanted[known]
        size = float(np.max(np.abs(wanted), initial=SMALL_GRADIENT))
        error = float(np.max(np.abs(got - wanted), initial=0.0)) / size
        self.gradient = max(self.gradient or 0.0, error)
