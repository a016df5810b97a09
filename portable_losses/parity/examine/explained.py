"""Findings about numbers, with a remedy that is tried."""

import re
from typing import Any

import numpy as np

from portable_losses.parity.examine import (
    against,
    corners,
    culprit,
    processes,
    remedy,
)
from portable_losses.parity.examine.draws import Pair
from portable_losses.parity.examine.findings import Finding, merged, place
from portable_losses.parity.examine.numbers import faults, is_choice
from portable_losses.parity.examine.showing import code_of, without_noise
from portable_losses.parity.examine.table import Fault, Table


def numeric(m: Any, again: Any, only_sure: bool = False) -> list[Finding]:
    """Findings about numbers, each with a remedy that was tried where possible.

    Args:
        m: the measurements.
        again: measures again.
        only_sure: whether another finding may be the cause: then only faults that
            swapping in an operation of this package fixes are reported.
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
    return [*merged(found), *corners.advice(table, m, found)]


def _explained(
    m: Any, table: Table, left: list[Fault], again: Any, only_sure: bool
) -> tuple[Finding | None, list[Fault]]:
    """The finding for the first fault, and the faults that it does not explain."""
    first = left[0]
    swap, rest, tried = _search(m, table, left, again)
    if swap:
        words = _to_swap(swap, m.source)
        line = m.line_with(*(f"{name}(" for name in swap), *swap)
    else:
        if only_sure:
            return None, []
        if is_choice(table, first):
            return None, left[1:]
        if first.check in ("value", "backends") and (
            finding := processes.finding(m, first)
        ):
            return finding, []
        if first.check == "value" and not _is_far(table, first.label):
            # A clip that is the cause of lost digits has a clearer finding.
            first = next((f for f in left if f.check == "dead"), first)
        rest = []
        wanted = table.wanted(first.label)
        wide = bool(wanted) and bool(np.isfinite(wanted["value"] if wanted else np.nan))
        words = remedy.of_numbers(first.check, m.source, wide, tried)
        line = m.line_with(*re.findall(r"(?:ops\.)(\w+)", words), *_suspects(words))
        if first.check == "finite":
            error = m.culprit({first.label: m.inputs[first.label]})
            if error is not None:
                words = culprit.remedy_of(error, m.source, tried)
                line = place(error) or line
        elif first.check in ("value", "gradient") and m.reference is not None:
            words = against.remedy_of(table, m.reference)
            line = m.line
    return _finding(m, table, first, left, rest, words, line, swap, again), rest


def _is_far(table: Table, label: str) -> bool:
    """Whether a value differs from that in float64 by more than lost digits."""
    wanted = table.wanted(label)
    ref = float(wanted["value"]) if wanted else np.nan
    return any(abs(v - ref) > 1e-2 * abs(ref) for v in table.values(label).values())


def _to_swap(swap: tuple[str, ...], source: str) -> str:
    ours = " and ".join(f"portable_losses.ops.{name}" for name in swap)
    theirs = " and ".join(f"keras.ops.{name}" for name in swap)
    found = "found by trying, the fault is gone with it"
    if any(re.search(rf"\b{re.escape(name)}\b", source) for name in swap):
        return f"use {ours} in place of {theirs}: {found}"
    return (
        f"take the loss of portable_losses in place of that of keras.losses, which "
        f"computes with {theirs}, where {ours} is needed: {found}"
    )


def _suspects(words: str) -> list[str]:
    if words.startswith("a comparison"):
        return ["greater", "less", "equal(", " > ", " < ", ">=", "<=", "=="]
    return [
        name + "("
        for name in re.findall(r"\w+", words)
        if name
        in ("argmax", "clip", "exp", "log", "softmax", "sigmoid", "cosh", "round")
    ]


def _search(
    m: Any, table: Table, left: list[Fault], again: Any
) -> tuple[tuple[str, ...], list[Fault], tuple[str, ...]]:
    """The operations whose swap removes the first fault, and the faults that remain.

    The third result is the operations that were tried and did not remove it.
    """
    names = [
        name
        for name in m.facts["pinned"]
        if re.search(rf"\b{re.escape(name)}\b", m.source + m.facts["inherited"])
    ]
    if not names or left[0].check in ("direction", "modes"):
        return (), left, ()
    labels = list(dict.fromkeys(f.label for f in left))[:6]
    if table.kind.right in m.inputs:  # the wrong inputs are compared with it
        labels = list(dict.fromkeys((*labels, table.kind.right)))
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
            rest = [f for f in found if (f.check, f.label) in _keys(left)]
            return (name,), rest, ()
    if len(names) > 1:
        found = after(tuple(names))
        if gone(found):
            needed = list(names)
            for name in names:
                fewer = tuple(n for n in needed if n != name)
                if fewer and gone(after(fewer)):
                    needed.remove(name)
            rest = [f for f in found if (f.check, f.label) in _keys(left)]
            return tuple(needed), rest, ()
    return (), left, tuple(names)


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
    # "backends" faults do not say which backend is wrong: name the backends of the
    # other faults, if there are any.
    blamed = [f for f in explained if f.check != "backends"] or explained
    backends = tuple(dict.fromkeys(b for f in blamed for b in f.backends))
    small = _smallest(m, table, first, again)
    others = list(dict.fromkeys(f.label for f in explained if f.label != first.label))
    more = f" The same shows at {', '.join(others[:3])}." if others else ""
    label = next(iter(small.inputs))
    shown = next(
        (f for f in faults(small) if f.check == first.check and f.label == label), first
    )
    wanted = small.wanted(label) or {}
    values = {**small.values(label)}
    gradients = {b: g.tolist() for b, g in small.gradients(label).items()}
    if wanted:
        values["float64"] = wanted["value"]
        gradients["float64"] = without_noise(wanted["gradient"])
    return Finding(
        first.check,
        f"{shown.words}, at the input {first.label!r}.{more}",
        words,
        backends=backends,
        input=code_of(*small.inputs[label]),
        values=values,
        gradients=gradients,
        line=line,
        inputs={label: small.inputs[label]},
    )


def _smallest(m: Any, table: Table, first: Fault, again: Any) -> Table:
    """The table for one sample with one or two columns, if it shows the fault."""
    t, p = m.inputs[first.label]
    whole = Table(table.main, table.reference, {first.label: (t, p)}, table.kind)
    if m.kind.couples or first.check in ("direction", "modes"):
        return whole
    i = min(first.sample, len(p) - 1)
    t, p = t[i : i + 1], p[i : i + 1]
    one = _with(table, first, (t, p), again)
    if one is None:
        return whole
    # Not for "dead": with fewer classes, a wrong prediction may be no longer wrong.
    if t.shape == p.shape and p.ndim == 2 and first.check != "dead":
        for width in range(1, min(3, p.shape[1])):
            small = _with(table, first, (t[:, :width], p[:, :width]), again)
            if small is not None:
                return small
    return one


def _with(table: Table, first: Fault, pair: Pair, again: Any) -> Table | None:
    """The table for another input, if it still shows the fault."""
    inputs = {first.label: pair}
    found = again(tuple(table.main), inputs, ())
    reference = found.pop("numpy", {})
    if any("ended" in f or "error" in f.get(first.label, {}) for f in found.values()):
        return None
    small = Table(found, reference, inputs, table.kind)
    return small if any(f.check == first.check for f in faults(small)) else None
