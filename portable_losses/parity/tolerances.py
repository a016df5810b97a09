"""The tolerances: how far a result may differ from the reference."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """Bounds on the error of a value and of a gradient.

    Args:
        value: relative error of the value.
        gradient: relative error of the gradient, element by element.
        floor: absolute error of the gradient over its largest element.
        term: absolute error of the value over the largest item.
    """

    value: float
    gradient: float
    floor: float
    term: float = 1e-6

    def times(self, factor: float) -> "Tolerance":
        return Tolerance(
            self.value * factor,
            self.gradient * factor,
            self.floor * factor,
            self.term * factor,
        )


TABLE = {
    ("float32", "cpu"): Tolerance(2e-6, 1e-4, 1e-5),
    ("float16", "cpu"): Tolerance(2e-3, 1e-2, 5e-3),
    ("bfloat16", "cpu"): Tolerance(1e-2, 5e-2, 2e-2),
    ("float32", "gpu"): Tolerance(1e-5, 5e-4, 5e-5),
    ("float16", "gpu"): Tolerance(2e-3, 1e-2, 5e-3),
    ("bfloat16", "gpu"): Tolerance(1e-2, 5e-2, 2e-2),
    ("tf32", "gpu"): Tolerance(2e-3, 1e-2, 5e-3),
    ("float32", "tpu"): Tolerance(2e-3, 1e-2, 5e-3),
}
"""dtype (or `tf32`) and device to tolerance, against the float64 reference."""

SMALL_VALUE = 1e-6
SMALL_GRADIENT = 1e-3
"""Sizes below which the error is absolute, not relative.

At an exact optimum terms of order 1 cancel, and float32 leaves some 1e-8 of them.
"""

BETWEEN_BACKENDS = 2.0
"""Two backends may differ by twice the tolerance against the reference."""


def tolerance(dtype: str, device: str, scale: float = 1.0) -> Tolerance:
    """The row of the table for a dtype on a device, times a case's scale."""
    if device == "mps":
        device = "gpu"
    row = TABLE.get((dtype, device)) or TABLE[(dtype, "gpu")]
    return row.times(scale)


def value_excess(
    got: np.ndarray, wanted: np.ndarray, largest: float, allowed: Tolerance
) -> float:
    """The largest error of a value over the tolerance; above 1 is a failure."""
    return _excess(got, wanted, allowed.value, allowed.term * max(largest, SMALL_VALUE))


def gradient_excess(got: np.ndarray, wanted: np.ndarray, allowed: Tolerance) -> float:
    """The largest error of a gradient over the tolerance; above 1 is a failure."""
    largest = float(np.max(np.abs(wanted), initial=0.0))
    floor = allowed.floor * max(largest, SMALL_GRADIENT)
    return _excess(got, wanted, allowed.gradient, floor)


def _excess(got: np.ndarray, wanted: np.ndarray, rtol: float, atol: float) -> float:
    got, wanted = np.asarray(got, "float64"), np.asarray(wanted, "float64")
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        error = np.where(got == wanted, 0.0, np.abs(got - wanted))
        share = error / (atol + rtol * np.abs(wanted))
    share = np.where(error == 0.0, 0.0, share)
    return float(np.max(np.where(np.isnan(share), np.inf, share), initial=0.0))
