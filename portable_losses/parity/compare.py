"""Compares the backends with each other: how far values and gradients differ."""

import itertools
import pathlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from portable_losses.parity.plan import Plan
from portable_losses.parity.tolerances import (
    BETWEEN_BACKENDS,
    SMALL_GRADIENT,
    SMALL_VALUE,
    gradient_excess,
    tolerance,
    value_excess,
)

ARRAYS = {False: "arrays.npz", True: "arrays_of_forms.npz"}
"""Where a worker keeps its numbers; True for the second worker of a backend."""


def compare_backends(cases: Iterable[dict[str, Any]], plan: Plan) -> None:
    """Add to each case how far each pair of backends differs."""
    arrays = {backend: _arrays(plan.out / backend) for backend in plan.differentiating}
    for case in cases:
        if "between" in case:
            continue
        case["between"] = {}
        for one, two in itertools.combinations(plan.differentiating, 2):
            case["between"][f"{one}-{two}"] = _between(
                plan, case, arrays[one], arrays[two]
            )


def _arrays(folder: pathlib.Path) -> dict[str, Any]:
    """The results of one backend.

    Where both workers of the backend ran a check, the result is that of the worker for
    numbers, which compiles as users do.
    """
    found: dict[str, Any] = {}
    for path in (folder / ARRAYS[True], folder / ARRAYS[False]):
        if path.exists():
            with np.load(path) as arrays:
                found |= dict(arrays)
    return found


def _between(plan: Plan, case: dict[str, Any], one: Any, two: Any) -> dict[str, Any]:
    worst_value = worst_gradient = 0.0
    message = ""
    labels = [
        key.removesuffix("|value")
        for key in one
        if key.startswith(f"{case['id']}|") and key.endswith("|value")
    ]
    for label in labels:
        name = label.split("|", 1)[1]
        if f"{label}|value" not in two:
            message = f"{name}: only one backend ran it"
            continue
        dtype = name.removeprefix("drawn ") if name.startswith("drawn ") else None
        row = dtype or plan.precision
        allowed = tolerance(row, plan.device, case["scale"])
        allowed = allowed.times(BETWEEN_BACKENDS)
        value, other = one[f"{label}|value"], two[f"{label}|value"]
        largest = float(one[f"{label}|largest"])
        gradient, its = one[f"{label}|gradient"], two[f"{label}|gradient"]
        if dtype is None:
            floor = max(largest, SMALL_VALUE)
            worst_value = max(worst_value, relative(value, other, floor))
            worst_gradient = max(worst_gradient, relative(gradient, its))
        if value_excess(value, other, largest, allowed) > 1:
            message = f"{name}: values {float(value):.9g} and {float(other):.9g}"
        elif gradient_excess(gradient, its, allowed) > 1:
            message = f"{name}: the gradients differ"
    return {
        "value": worst_value,
        "gradient": worst_gradient,
        "ok": not message,
        "message": message,
    }


def relative(got: Any, wanted: Any, floor: float = SMALL_GRADIENT) -> float:
    """The largest difference over the largest element; inf for a NaN on one side."""
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    with np.errstate(invalid="ignore"):
        difference = np.where(same, 0.0, np.abs(got - wanted))
    difference = np.where(np.isnan(difference), np.inf, difference)
    worst = float(np.max(difference, initial=0.0))
    size = float(np.max(np.abs(wanted[np.isfinite(wanted)]), initial=floor))
    return worst / size if 0.0 < worst < np.inf else worst
