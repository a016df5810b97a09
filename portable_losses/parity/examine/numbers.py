"""Values and gradients: against float64, between backends and modes, alive and finite."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from portable_losses.parity.examine import remedy
from portable_losses.parity.examine.findings import Finding
from portable_losses.parity.examine.kinds import Pair
from portable_losses.parity.examine.showing import code_of

Facts = dict[str, Any]

OVERFLOW = 1e37
"""A float64 value beyond this may be infinite in float32."""

ORDER = ("finite", "value", "backends", "gradient", "dead", "modes", "direction")


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
        return {
            b: float(facts[label]["value"])
            for b, facts in self.main.items()
            if "value" in facts.get(label, {})
        }

    def gradients(self, label: str) -> dict[str, Any]:
        return {
            b: np.asarray(facts[label]["gradient"], "float64")
            for b, facts in self.main.items()
            if "gradient" in facts.get(label, {})
        }

    def wanted(self, label: str) -> Facts | None:
        found = self.reference.get(label, {})
        return found if "value" in found else None


def faults(table: Table) -> list[Fault]:
    """All numbers that are wrong, in the order of `ORDER`."""
    found = []
    for label in table.inputs:
        found += list(_at(table, label))
    found += _dead(table)
    found += _direction(table)
    found += _modes(table)
    return sorted(found, key=lambda f: ORDER.index(f.check))


def _at(table: Table, label: str) -> Iterator[Fault]:
    values, gradients = table.values(label), table.gradients(label)
    if not values:
        return
    wanted = table.wanted(label)
    drawn = label.startswith("drawn") or label not in _edges(table)
    ref = float(wanted["value"]) if wanted else float("nan")
    if wanted and (abs(ref) > OVERFLOW or np.isinf(ref)) and "far" in label + "large":
        if np.isinf(ref) and not re.search("far|large|huge", label):
            pass
        else:
            return
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
    whole = {b: g for b, g in gradients.items() if b not in broken}
    size = max((float(np.abs(g).max(initial=0.0)) for g in whole.values()), default=0.0)
    largest = float(wanted["largest"]) if wanted else max(map(abs, values.values()))
    yield from _between(label, values, whole, size, largest, drawn)
    if not wanted or not np.isfinite(ref):
        return
    slack = 1e-4 if drawn else 5e-2
    off = {
        b: v
        for b, v in values.items()
        if abs(v - ref) > slack * abs(ref) + 3e-6 * max(largest, 1e-3) + 1e-7
    }
    if off:
        b, v = max(off.items(), key=lambda item: abs(item[1] - ref))
        yield Fault(
            "value", label, tuple(off), f"The value is {v:.7g} on {b}, not {ref:.7g}"
        )
    low, high = (np.asarray(wanted[k], "float64") for k in ("low", "high"))
    known = np.abs(np.asarray(wanted["gradient"], "float64"))
    known = known[np.isfinite(known)]
    scale = max(float(known.max(initial=0.0)), 1e-3)
    for b, g in whole.items():
        if g.shape != low.shape:
            continue
        room = (1e-2 if drawn else 5e-2) * np.abs(g) + (1e-3 if drawn else 2e-2) * scale
        with np.errstate(invalid="ignore"):
            outside = (g < low - room) | (g > high + room)
        if outside.any():
            at = tuple(int(i) for i in np.argwhere(outside)[0])
            yield Fault(
                "gradient",
                label,
                (b,),
                f"The gradient at {at} is {g[at]:.6g} on {b}, outside of the one-sided "
                f"derivatives {low[at]:.6g} and {high[at]:.6g} of the value",
                at[0] if at else 0,
            )


def _edges(table: Table) -> tuple[str, ...]:
    return tuple(table.kind.edges(table.kind.shape))


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
    if len(values) > 1:
        low, high = min(values.values()), max(values.values())
        if high - low > 2e-4 * max(abs(low), abs(high)) + 3e-6 * max(largest, 1e-3):
            said = ", ".join(f"{v:.7g} on {b}" for b, v in values.items())
            yield Fault("backends", label, tuple(values), f"The value is {said}")
            return
    if len(gradients) > 1:
        names = list(gradients)
        stacked = np.stack([gradients[b] for b in names])
        spread = np.ptp(stacked, axis=0)
        room = 5e-3 * np.abs(stacked).max(axis=0) + 1e-3 * max(size, 1e-3)
        if (spread > room).any():
            at = tuple(int(i) for i in np.argwhere(spread > room)[0])
            said = ", ".join(f"{gradients[b][at]:.6g} on {b}" for b in names)
            yield Fault(
                "backends",
                label,
                tuple(names),
                f"The gradient at {at} is {said}",
                at[0] if at else 0,
            )


def _dead(table: Table) -> list[Fault]:
    found = []
    drawn = [label for label in table.inputs if label not in _edges(table)]
    for b in table.main:
        gradients = [table.gradients(label).get(b) for label in drawn]
        known = [g for g in gradients if g is not None and np.isfinite(g).all()]
        if known and not any(g.any() for g in known):
            found.append(
                Fault("dead", drawn[0], (b,), f"The gradient is zero everywhere on {b}")
            )
    if found:
        return found
    for label in table.kind.wrong:
        if label not in table.inputs:
            continue
        t = table.inputs[label][0]
        for b, g in table.gradients(label).items():
            if not np.isfinite(g).all() or not g.size:
                continue
            size = np.abs(g).reshape(len(g), -1)
            floor = 1e-6 * max(float(size.max()), 1.0 / g.size)
            dead = np.flatnonzero(size.max(axis=1) <= floor)
            if t.shape == g.shape and not len(dead):
                yes = np.abs(g)[t > 0.5]
                if yes.size and yes.max() <= floor:
                    dead = np.flatnonzero((t > 0.5).reshape(len(g), -1).any(axis=1))
            if len(dead):
                found.append(
                    Fault(
                        "dead",
                        label,
                        (b,),
                        f"The gradient of a confident mistake is zero on {b}",
                        int(dead[0]),
                    )
                )
    return found


def _direction(table: Table) -> list[Fault]:
    right = table.kind.right
    if not right or right not in table.inputs:
        return []
    found = []
    for label in table.kind.wrong:
        cheap, dear = table.values(right), table.values(label)
        where = tuple(
            b
            for b in cheap
            if b in dear
            and np.isfinite(cheap[b])
            and np.isfinite(dear[b])
            and cheap[b] > dear[b] + 1e-6
        )
        if where:
            b = where[0]
            found.append(
                Fault(
                    "direction",
                    label,
                    where,
                    f"A confident mistake costs {dear[b]:.6g}, and what is right costs "
                    f"{cheap[b]:.6g}",
                )
            )
    return found


def _modes(table: Table) -> list[Fault]:
    found = []
    for mode, by_backend in table.modes.items():
        for b, facts in by_backend.items():
            for label, fact in facts.items():
                own = table.main.get(b, {}).get(label, {})
                if (
                    not isinstance(fact, dict)
                    or "value" not in fact
                    or "value" not in own
                ):
                    continue
                v, w = float(fact["value"]), float(own["value"])
                g = np.asarray(fact.get("gradient", 0.0), "float64")
                h = np.asarray(own.get("gradient", 0.0), "float64")
                size = max(float(np.abs(h).max(initial=0.0)), 1e-3)
                same = abs(v - w) <= 2e-4 * max(abs(v), abs(w)) + 1e-6
                if not np.isfinite([v, w]).all() or g.shape != h.shape:
                    continue
                if not same or np.abs(g - h).max(initial=0.0) > 5e-3 * size:
                    found.append(
                        Fault(
                            "modes",
                            label,
                            (b,),
                            f"The value is {v:.7g} in mode {mode} and {w:.7g} otherwise, "
                            f"on {b}",
                        )
                    )
    return found


# --- findings -------------------------------------------------------------------------


def numeric(m: Any, again: Any, only_sure: bool = False) -> list[Finding]:
    """Findings about numbers, each with the remedy that experiment shows.

    Args:
        m: what was measured.
        again: measures once more.
        only_sure: whether another finding may explain them: then only what an
            operation of ours is shown to fix is told.
    """
    main = {b: m.found["main"][b] for b in m.backends if b in m.found.get("main", {})}
    reference = m.found.get("reference", {}).get("numpy", {})
    modes = {
        what: by_backend
        for what, by_backend in m.found.items()
        if what in ("eager", "xla", "graph", "jit", "compile")
    }
    table = Table(main, reference, m.inputs, m.kind, modes)
    left = faults(table)
    found: list[Finding] = []
    while left and len(found) < 3:
        finding, left = _explained(m, table, left, again, only_sure)
        if finding is not None:
            found.append(finding)
    return found


def _explained(
    m: Any, table: Table, left: list[Fault], again: Any, only_sure: bool
) -> tuple[Finding | None, list[Fault]]:
    """The finding of the first fault, and the faults that it does not explain."""
    first = left[0]
    swap, rest = _search(m, table, left, again)
    if swap:
        ours = " and ".join(f"portable_losses.ops.{name}" for name in swap)
        theirs = " and ".join(f"keras.ops.{name}" for name in swap)
        words = f"use {ours} in place of {theirs}: found by trying, the fault is gone with it"
        line = m.line_with(*(f"{name}(" for name in swap), *swap)
    else:
        if only_sure:
            return None, []
        rest = []
        wanted = table.wanted(first.label)
        wide = bool(wanted) and bool(np.isfinite(wanted["value"] if wanted else np.nan))
        words = remedy.of_numbers(first.check, m.source, wide)
        line = m.line_with(*re.findall(r"(?:ops\.)(\w+)", words), *_suspects(words))
    return _finding(m, table, first, left, rest, words, line, swap, again), rest


def _suspects(words: str) -> list[str]:
    return [
        name + "("
        for name in re.findall(r"\w+", words)
        if name
        in ("argmax", "clip", "exp", "log", "softmax", "sigmoid", "cosh", "round")
    ]


def _search(
    m: Any, table: Table, left: list[Fault], again: Any
) -> tuple[tuple[str, ...], list[Fault]]:
    """The operations whose swap removes the first fault, and what is left of the rest."""
    names = [
        name
        for name in m.facts["pinned"]
        if re.search(rf"\b{re.escape(name)}\b", m.source)
    ]
    if not names or left[0].check in ("direction", "modes"):
        return (), left
    labels = list(dict.fromkeys(f.label for f in left))[:6]
    inputs = {label: m.inputs[label] for label in labels}
    backends = tuple(table.main)

    def after(swap: tuple[str, ...]) -> list[Fault]:
        found = again(backends, inputs, swap)
        reference = found.pop("numpy", {})
        main = {b: f for b, f in found.items() if "ended" not in f}
        if any("error" in fact for f in main.values() for fact in f.values()):
            return left
        return faults(Table(main, reference, inputs, table.kind))

    def gone(found: list[Fault]) -> bool:
        key = (left[0].check, left[0].label)
        return all(
            (f.check, f.label) != key and f.label != left[0].label for f in found
        )

    for name in names:
        found = after((name,))
        if gone(found):
            return (name,), [f for f in found if (f.check, f.label) in _keys(left)]
    if len(names) > 1:
        found = after(tuple(names))
        if gone(found):
            needed = list(names)
            for name in names:
                fewer = tuple(n for n in needed if n != name)
                if fewer and gone(after(fewer)):
                    needed.remove(name)
            return tuple(needed), [
                f for f in found if (f.check, f.label) in _keys(left)
            ]
    return (), left


def _keys(left: list[Fault]) -> set[tuple[str, str]]:
    return {(f.check, f.label) for f in left}


def _finding(
    m: Any,
    table: Table,
    first: Fault,
    left: list[Fault],
    rest: list[Fault],
    words: str,
    line: str,
    swap: tuple[str, ...],
    again: Any,
) -> Finding:
    explained = [f for f in left if f not in rest]
    backends = tuple(dict.fromkeys(b for f in explained for b in f.backends))
    small = _smallest(m, table, first, again)
    others = list(dict.fromkeys(f.label for f in explained if f.label != first.label))
    more = f" The same shows at {', '.join(others[:3])}." if others else ""
    label = next(iter(small.inputs))
    wanted = small.wanted(label) or {}
    values = {**small.values(label)}
    gradients = {b: g.tolist() for b, g in small.gradients(label).items()}
    if wanted:
        values["float64"] = wanted["value"]
        gradients["float64"] = wanted["gradient"]
    return Finding(
        first.check,
        f"{first.words}, at the input {first.label!r}.{more}",
        words,
        backends=backends,
        input=code_of(*small.inputs[label]),
        values=values,
        gradients=gradients,
        line=line,
    )


def _smallest(m: Any, table: Table, first: Fault, again: Any) -> Table:
    """The table of one sample, if that shows the fault; else of the whole batch."""
    t, p = m.inputs[first.label]
    whole = Table(table.main, table.reference, {first.label: (t, p)}, table.kind)
    if m.kind.couples or first.check in ("direction", "modes"):
        return whole
    i = min(first.sample, len(p) - 1)
    one = {first.label: (t[i : i + 1], p[i : i + 1])}
    found = again(tuple(table.main), one, ())
    reference = found.pop("numpy", {})
    if any("ended" in f or "error" in f.get(first.label, {}) for f in found.values()):
        return whole
    small = Table(found, reference, one, table.kind)
    shows = any(f.check == first.check for f in faults(small))
    return small if shows else whole
