"""Values and gradients: finite, those of float64, and the same on all backends."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from portable_losses.parity.examine import whole
from portable_losses.parity.examine.showing import number
from portable_losses.parity.examine.table import ORDER, Facts, Fault, Table

LEAST = 0.5
"""Below this size, a value may be what rounding leaves of terms that cancel."""

CANCELED = 3e-6
"""The error that rounding of such terms of order 1 leaves, at drawn inputs."""

CANCELED_AT_EDGES = 2e-4
"""The same at edges, where a formula may divide by a constant as small as 1e-3."""

JUMP = 1e4
"""A difference quotient larger than this means that the value jumps."""

OVERFLOW = 1e37
"""A float64 value beyond this may be infinite in float32."""


def faults(table: Table) -> list[Fault]:
    """All numbers that are wrong, in the order of `ORDER`."""
    found = []
    for label in table.inputs:
        found += list(_at(table, label))
    found += whole.dead(table)
    found += whole.direction(table)
    found += whole.modes(table)
    together: dict[tuple[str, str], Fault] = {}
    for fault in found:
        key = fault.check, fault.label
        if key in together:
            backends = dict.fromkeys((*together[key].backends, *fault.backends))
            fault = dataclasses.replace(together[key], backends=tuple(backends))
        together[key] = fault
    return sorted(together.values(), key=lambda f: ORDER.index(f.check))


def _at(table: Table, label: str) -> Iterator[Fault]:
    values, gradients = table.values(label), table.gradients(label)
    if not values:
        return
    wanted = table.wanted(label)
    drawn = label.startswith("drawn") or label not in table.edges
    ref = float(wanted["value"]) if wanted else float("nan")
    beyond = bool(wanted) and abs(ref) > OVERFLOW
    if beyond and (np.isfinite(ref) or re.search("far|large|huge", label)):
        return  # float32 has no number for it
    bad = {b: v for b, v in values.items() if not np.isfinite(v)}
    if bad:
        sample = _sample(wanted, gradients)
        said = ", ".join(f"{v} on {b}" for b, v in bad.items())
        yield Fault("finite", label, tuple(bad), f"The value is {said}", sample)
        return
    broken = {b: g for b, g in gradients.items() if not np.isfinite(g).all()}
    if broken:
        b, g = next(iter(broken.items()))
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(g))[0])
        yield Fault(
            "finite",
            label,
            tuple(broken),
            f"The gradient at {where} is {g[where]} on {', '.join(broken)}",
            where[0] if where else 0,
        )
    fine = {b: g for b, g in gradients.items() if b not in broken}
    size = max((float(np.abs(g).max(initial=0.0)) for g in fine.values()), default=0.0)
    largest = float(wanted["largest"]) if wanted else max(map(abs, values.values()))
    yield from _between(label, values, fine, size, largest, drawn)
    if not wanted or not np.isfinite(ref):
        return
    slack = 1e-4 if drawn else 5e-2
    rounding = CANCELED if drawn else CANCELED_AT_EDGES
    off = {
        b: v
        for b, v in values.items()
        if abs(v - ref) > slack * abs(ref) + rounding * max(largest, LEAST)
    }
    if off:
        b, v = max(off.items(), key=lambda item: abs(item[1] - ref))
        yield Fault(
            "value",
            label,
            tuple(off),
            f"The value is {number(v, 7)} on {b}, not {number(ref, 7)}",
        )
    low, high = (np.asarray(wanted[k], "float64") for k in ("low", "high"))
    known = np.abs(np.asarray(wanted["gradient"], "float64"))
    known = known[np.isfinite(known)]
    scale = max(float(known.max(initial=0.0)), 1e-3)
    for b, g in fine.items():
        if g.shape != low.shape:
            continue
        room = (1e-2 if drawn else 5e-2) * np.abs(g) + (1e-3 if drawn else 2e-2) * scale
        with np.errstate(invalid="ignore"):
            # At a tie in several terms, each term may take another one-sided
            # derivative.
            room = room + np.nan_to_num(high - low, posinf=0.0)
            outside = (g < low - room) | (g > high + room)
            # If both one-sided differences show a jump, there is no derivative.
            outside &= np.minimum(np.abs(low), np.abs(high)) < JUMP * np.maximum(
                1, size
            )
        if outside.any():
            at = tuple(int(i) for i in np.argwhere(outside)[0])
            yield Fault(
                "gradient",
                label,
                (b,),
                f"The gradient at {at} is {number(g[at])} on {b}, outside of the "
                f"one-sided derivatives {number(low[at])} and {number(high[at])} of "
                "the value",
                at[0] if at else 0,
            )


def is_choice(table: Table, fault: Fault) -> bool:
    """Whether backends only take different sides of a non-differentiable point.

    Rounding can decide the side: a sum that is 0 on one backend is 1e-8 on another.
    """
    wanted, values = table.wanted(fault.label), table.values(fault.label).values()
    if fault.check != "backends" or not wanted or fault.label not in table.edges:
        return False
    if np.ptp(list(values)) > 2e-4 * max(map(abs, values)) + CANCELED_AT_EDGES:
        return False
    low, high = (np.asarray(wanted[k], "float64") for k in ("low", "high"))
    if not np.isfinite([low, high]).all() or np.allclose(low, high, rtol=1e-3):
        return False
    room = (high - low) + 5e-2 * np.abs(high) + 2e-2 * max(np.abs(high).max(), 1e-3)
    return all(
        g.shape == low.shape and bool(((g >= low - room) & (g <= high + room)).all())
        for g in table.gradients(fault.label).values()
    )


def _sample(wanted: Facts | None, gradients: Mapping[str, Any]) -> int:
    """The sample whose item or gradient is not finite."""
    for array in [np.asarray(wanted["items"], "float64")] if wanted else []:
        if array.ndim and not np.isfinite(array).all():
            return int(np.argwhere(~np.isfinite(array))[0][0])
    for g in gradients.values():
        if not np.isfinite(g).all():
            return int(np.argwhere(~np.isfinite(g))[0][0])
    return 0


def _between(
    label: str,
    values: dict[str, float],
    gradients: dict[str, Any],
    size: float,
    largest: float,
    drawn: bool,
) -> Iterator[Fault]:
    rounding = CANCELED if drawn else CANCELED_AT_EDGES
    if len(values) > 1:
        low, high = min(values.values()), max(values.values())
        if high - low > 2e-4 * max(abs(low), abs(high)) + rounding * max(
            largest, LEAST
        ):
            said = ", ".join(f"{number(v, 7)} on {b}" for b, v in values.items())
            yield Fault("backends", label, tuple(values), f"The value is {said}")
            return
    if len(gradients) > 1:
        names = list(gradients)
        stacked = np.stack([gradients[b] for b in names])
        spread = np.ptp(stacked, axis=0)
        room = 5e-3 * np.abs(stacked).max(axis=0) + 1e-3 * max(size, 1e-3)
        if (spread > room).any():
            at = tuple(int(i) for i in np.argwhere(spread > room)[0])
            said = ", ".join(f"{number(gradients[b][at])} on {b}" for b in names)
            yield Fault(
                "backends",
                label,
                tuple(names),
                f"The gradient at {at} is {said}",
                at[0] if at else 0,
            )
