"""Findings for ended workers and for exceptions of user code, one per cause."""

import re
from typing import Any

from portable_losses.parity.examine import remedy
from portable_losses.parity.examine.findings import (
    ADVICE,
    FAULT,
    Finding,
    in_words,
    place,
)
from portable_losses.parity.examine.measured import Facts, Measured
from portable_losses.parity.examine.showing import code_of

_MANY_CALLS = r"took more than .* in (float64|second differences)"
"""Steps that call a loss hundreds of times: exceeding the limit there is no fault."""


def first(m: Measured, key: str) -> dict[str, Facts]:
    """The first fact with that key for each backend."""
    found: dict[str, Facts] = {}
    for what, by_backend in m.found.items():
        if what == "reference" and m.reference is not None:
            continue  # the user's reference ended, not the loss
        for backend, facts in by_backend.items():
            if key in facts:
                found.setdefault(backend, facts[key])
    return found


def ended(by_backend: dict[str, Facts], facts: Facts) -> list[Finding]:
    """Findings for workers that hung, or that user code ended."""
    real = {b: e for b, e in by_backend.items() if e["message"] != "the worker is gone"}
    if not real:
        return []
    if list(real) == ["numpy"] and re.search(_MANY_CALLS, real["numpy"]["message"]):
        return [
            Finding(
                "numpy lane",
                f"The NumPy lane, which gives float64 values, "
                f"{real['numpy']['message']}: values and gradients are compared "
                "between backends alone.",
                "give more seconds with --timeout",
                ADVICE,
                ("numpy",),
            )
        ]
    error = max(real.values(), key=lambda e: bool(e.get("file")))
    hangs = "took more than" in error["message"]
    line = place(error) or f"{facts.get('file', '')}:{facts.get('line', '')}"
    file, number = error.get("file"), error.get("line")
    for n, text in facts.get("source", {}).get("lines", []):
        if file and n == number:
            line = f"{file}:{n}: {text.strip()}"
    return [
        Finding(
            "hangs" if hangs else "ends",
            f"The loss {error['message']}.",
            "end the loop at this line: a loss must not run without a bound"
            if hangs
            else "remove what ends the process: a loss must return, or raise an error",
            backends=tuple(real),
            line=line,
        )
    ]


def import_faults(broken: dict[str, Facts], facts: Facts) -> list[Finding]:
    """Backends on which the module cannot be imported, or the loss not be made."""
    error = next(iter(broken.values()))
    return [
        Finding(
            "import",
            f"The loss cannot be imported or made on {', '.join(broken)}: "
            f"{in_words(error)}.",
            "write it with keras.ops, so that it needs no framework of its own",
            backends=tuple(broken),
            line=place(error),
        )
    ]


def of_one_size(samples: int | None, error: Facts | None) -> Finding | None:
    """A finding for a loss that runs at one number of samples only."""
    if samples is None or not error:
        return None
    return Finding(
        "shape",
        f"The loss runs with {samples} sample{'s' * (samples != 1)}, and not with "
        f"another number of samples: {in_words(error)}.",
        remedy.BATCH,
        line=place(error),
    )


def never_runs(error: Facts | None, facts: Facts) -> Finding | None:
    """The loss runs at no inputs: the fault, or None if the cause is not known."""
    if not error:
        return None
    telling = (
        "SystemExit",
        "RecursionError",
        "NotImplementedError",
        "BdbQuit",
        "EOFError",
        "NameError",
        "UnboundLocalError",
        "AttributeError",
        "ModuleNotFoundError",
        "ImportError",
        "ZeroDivisionError",
        "KeyError",
        "TypeError",
        "RuntimeError",
        "AssertionError",
        "IndexError",
    )
    if error.get("type") not in telling:
        return None
    return Finding(
        "runs",
        f"The loss raises an error: {in_words(error)}.",
        remedy.of_error(error, facts["source"]["text"]),
        line=_debugger(error, facts["source"])
        or place(error)
        or f"{facts['file']}:{facts['line']}",
    )


def _debugger(error: Facts, source: Facts) -> str:
    """The line that starts a debugger, which stops at the line below it."""
    if error.get("type") != "BdbQuit":
        return ""
    for number, text in source["lines"]:
        if re.search(r"breakpoint\(|set_trace\(", text.split("#")[0]):
            return f"{source['file']}:{number}: {text.strip()}"
    return ""


def of_reference(m: Measured) -> str:
    """Why nothing could be compared with the user's reference, if that is so."""
    if m.reference is None:
        return ""
    found = m.found.get("reference", {}).get("numpy", {})
    if "ended" in found:
        return f"the reference {m.reference} {found['ended']['message']}"
    if any("error" not in fact for fact in found.values()):
        return ""
    error: Facts = next((fact["error"] for fact in found.values()), {})
    where = f" at {place(error)}" if error.get("file") else ""
    return f"the reference {m.reference} raises an error: {in_words(error)}{where}"


def errors(m: Measured, abroad: bool) -> list[Finding]:
    """Findings for exceptions of user code, one for each line that raises."""
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    eager_ok = set()
    for what, by_backend in m.found.items():
        if what in ("saving", "second", "second64", "mapped", "base", "inside"):
            continue
        for backend, facts in by_backend.items():
            if what == "reference" and m.reference is not None:
                continue  # errors of the reference are not errors of the loss
            for label, fact in facts.items():
                if not isinstance(fact, dict) or label == "ended":
                    continue
                error = fact.get("error")
                if error is None:
                    eager_ok.add((backend, what))
                    continue
                key = (
                    (error["file"], error["line"])
                    if error["line"]
                    else (error["type"],)
                )
                group = groups.setdefault(
                    key, {"error": error, "where": {}, "labels": set()}
                )
                group["where"].setdefault(backend, set()).add(what)
                group["labels"].add(label)
    merged: dict[str, Finding] = {}
    for group in groups.values():
        error, where = group["error"], group["where"]
        lanes = tuple(b for b in where if b != "numpy")
        words = remedy.of_error(error, m.source)
        if abroad and not lanes == ():
            continue  # the direct call of a framework explains it
        if not lanes:
            if not merged:
                merged["numpy"] = Finding(
                    "numpy lane",
                    f"The NumPy lane, which gives float64 values, raises an error: "
                    f"{in_words(error)}. Gradients are compared between backends "
                    f"alone.",
                    words,
                    ADVICE,
                    ("numpy",),
                    line=place(error),
                )
            continue
        modes = {mode for used in where.values() for mode in used}
        compiled = not modes & {"items"} and not any(
            "eager" in used or (b == "torch" and "main" in used)
            for b, used in where.items()
        )
        if words in merged:
            known = merged[words]
            known.backends = tuple(dict.fromkeys((*known.backends, *lanes)))
            continue
        label = sorted(group["labels"])[0]
        pair = m.inputs.get(label)
        merged[words] = Finding(
            "compiles" if compiled else "runs",
            (
                "The loss does not compile: "
                if compiled
                else "The loss raises an error: "
            )
            + in_words(error)
            + ".",
            words,
            backends=lanes,
            input=code_of(pair[0][:1], pair[1][:1]) if pair else "",
            line=_debugger(error, m.facts["source"]) or place(error) or m.line,
        )
    found = list(merged.values())
    if any(f.rank == FAULT for f in found):
        found = [f for f in found if f.rank == FAULT]
    return found
