"""What the measured facts mean: findings, one for each cause."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from portable_losses.parity.examine import foreign, numbers, remedy
from portable_losses.parity.examine.findings import (
    ADVICE,
    FAULT,
    Finding,
    in_words,
    place,
)
from portable_losses.parity.examine.kinds import Kind, Pair
from portable_losses.parity.examine.showing import code_of

Facts = dict[str, Any]
Again = Callable[
    [tuple[str, ...], Mapping[str, Pair], tuple[str, ...]], dict[str, Facts]
]
"""Measures once more: on backends, at inputs, with operations swapped."""

COMPILED = ("graph", "xla", "jit", "compile")


@dataclasses.dataclass
class Measured:
    """All that was measured of a loss.

    Args:
        kind: what it takes.
        inputs: by name.
        facts: of the loss itself.
        backends: those with gradients that run it.
        found: what was measured, then backend.
        strict: whether advice counts as a fault.
    """

    kind: Kind
    inputs: Mapping[str, Pair]
    facts: Facts
    backends: tuple[str, ...]
    found: dict[str, dict[str, Facts]]
    strict: bool

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
        """The first line of the loss with one of these words, or its definition."""
        for word in words:
            for number, text in self.facts["source"]["lines"]:
                if word in text.split("#")[0]:
                    return f"{self.facts['source']['file']}:{number}: {text.strip()}"
        return self.line


def judge(m: Measured, again: Again) -> list[Finding]:
    """The findings of a loss, the faults first."""
    findings: list[Finding] = []
    abroad = foreign.finding(m)
    if abroad is not None:
        findings.append(abroad)
    over = ended(_all(m, "ended"), m.facts)
    findings += over
    raised = errors(m, bool(abroad))
    findings += raised
    if not over:
        unstable = deterministic(m)
        findings += unstable
        misshapen = shapes(m)
        findings += misshapen + saving(m)
        if not unstable:
            if not misshapen:
                findings += independent(m)
            # What an error or a foreign framework explains is not told twice.
            quiet = bool(findings) and any(f.rank == FAULT for f in findings)
            findings += numbers.numeric(m, again, only_sure=quiet)
            if not any(f.rank == FAULT for f in findings):
                findings += dtypes(m) + second(m) + mapped(m)
    findings += base(m)
    if m.strict:
        for finding in findings:
            finding.rank = FAULT
    return sorted(findings, key=lambda f: f.rank != FAULT)


# --- what ends, or raises -------------------------------------------------------------


def _all(m: Measured, key: str) -> dict[str, Facts]:
    """The first fact of that name for each backend."""
    found: dict[str, Facts] = {}
    for by_backend in m.found.values():
        for backend, facts in by_backend.items():
            if key in facts:
                found.setdefault(backend, facts[key])
    return found


def ended(by_backend: dict[str, Facts], facts: Facts) -> list[Finding]:
    """Workers that hung, or that user code ended."""
    real = {b: e for b, e in by_backend.items() if e["message"] != "the worker is gone"}
    if not real:
        return []
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
    """Backends on which the module of the loss cannot be imported, or it be made."""
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


def never_runs(error: Facts | None, facts: Facts) -> Finding | None:
    """The loss runs at no inputs whatever: the fault, or None where we cannot tell."""
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
        line=place(error) or f"{facts['file']}:{facts['line']}",
    )


def errors(m: Measured, abroad: bool) -> list[Finding]:
    """What user code raised, one finding a line of it."""
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    eager_ok = set()
    for what, by_backend in m.found.items():
        if what in ("saving", "second", "second64", "mapped", "base", "inside"):
            continue
        for backend, facts in by_backend.items():
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
            continue  # the framework that is called directly explains it
        if not lanes:
            if not merged:
                merged["numpy"] = Finding(
                    "numpy lane",
                    f"The NumPy lane, which gives float64 values, raises an error: "
                    f"{in_words(error)}. Gradients are compared between backends alone.",
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
            line=place(error) or m.line,
        )
    found = list(merged.values())
    if any(f.rank == FAULT for f in found):
        found = [f for f in found if f.rank == FAULT]
    return found


# --- items ----------------------------------------------------------------------------


def _items(m: Measured, lane: str, label: str) -> Any:
    fact = m.found.get("items", {}).get(lane, {}).get(label, {})
    return np.asarray(fact["items"]) if "items" in fact else None


def deterministic(m: Measured) -> list[Finding]:
    """The same inputs twice give the same items."""
    where = []
    values: dict[str, Any] = {}
    for lane in m.found.get("items", {}):
        first, then = (_items(m, lane, label) for label in ("whole", "again"))
        if first is None or then is None:
            continue
        if not np.array_equal(first, then, equal_nan=True):
            where.append(lane)
            values[lane] = [float(np.mean(first)), float(np.mean(then))]
    if not where:
        return []
    source = m.source
    random = "random" in source or "dropout" in source or "shuffle" in source
    t, p = m.inputs[next(iter(m.inputs))]
    return [
        Finding(
            "deterministic",
            "The loss gives other values for the same inputs: "
            + ", ".join(f"{a:.7g} and {b:.7g} on {x}" for x, (a, b) in values.items())
            + ".",
            "draw no random numbers in the loss: add noise in a layer or to the data, "
            "or use keras.random with a fixed integer seed"
            if random
            else "keep no state between calls (self.x = ... in call): what moves belongs "
            "in a metric, a callback, or portable_losses.Hyperparameter",
            backends=tuple(where),
            input=code_of(t[:2], p[:2]),
            values=values,
            line=m.line_with("random", "+= ", "self.")
            if random
            else m.line_with("+= "),
        )
    ]


def shapes(m: Measured) -> list[Finding]:
    """One item a sample: not a column, and not a pair of samples."""
    if m.kind.couples:
        return []
    t, p = m.inputs[next(iter(m.inputs))]
    for lane, facts in m.found.get("items", {}).items():
        shape = tuple(facts.get("whole", {}).get("shape", ()))
        if not shape or shape[0] == len(p) and shape in _prefixes(t, p):
            continue
        pairs = shape[:2] == (len(p), len(p))
        return [
            Finding(
                "shape",
                f"`call` returns items of shape {shape} for y_true {t.shape} and y_pred "
                f"{p.shape}, where one value a sample has shape {(len(p),)}.",
                "every sample meets every other: give both arrays the same shape before "
                "you combine them (keepdims=True, or expand_dims on the right axis)"
                if pairs
                else "the axis is wrong: reduce over the last axis (axis=-1), never over "
                "the samples (axis 0)",
                backends=(lane,),
                input=code_of(t, p),
                line=m.line_with("axis", "sum(", "mean("),
            )
        ]
    return []


def _prefixes(t: Any, p: Any) -> set[tuple[int, ...]]:
    """The shapes that items may have."""
    found = {p.shape[:n] for n in range(1, p.ndim + 1)}
    found |= {t.shape[:n] for n in range(1, t.ndim + 1)}
    return found | {(*p.shape[:-1], 1), (len(p), 1)}


def independent(m: Measured) -> list[Finding]:
    """The items of some samples are the same without the others."""
    if m.kind.couples or m.kind.scalar:
        return []
    t, p = m.inputs[next(iter(m.inputs))]
    for lane in m.found.get("items", {}):
        whole = _items(m, lane, "whole")
        if whole is None or not whole.ndim or len(whole) != len(p):
            continue
        half, one = _items(m, lane, "first half"), _items(m, lane, "one")
        parts = [(half, whole[: len(p) // 2]), (one, whole[1:2])]
        for part, wanted in parts:
            if part is None or part.shape != wanted.shape:
                continue
            if np.allclose(part, wanted, rtol=1e-4, atol=1e-6, equal_nan=True):
                continue
            return [
                Finding(
                    "independent",
                    "The item of a sample depends on the other samples of its batch: "
                    f"{_number(wanted)} in the batch, {_number(part)} without the "
                    "others.",
                    "reduce over axes from 1 on (axis=-1), never over axis 0 or over "
                    "the whole array; if samples are to be compared, say --kind "
                    "embeddings, two_views or statistic",
                    backends=(lane,),
                    input=code_of(t[:2], p[:2]),
                    line=m.line_with(
                        "axis=0", "axis=None", "mean(", "max(", "sum(", "std("
                    ),
                )
            ]
    return []


def _number(x: Any) -> str:
    return f"{float(np.ravel(x)[0]):.7g}"


# --- saving ---------------------------------------------------------------------------


def saving(m: Measured) -> list[Finding]:
    """The loss comes back from its config, with its arguments."""
    found: list[Finding] = []
    for lane, facts in m.found.get("saving", {}).items():
        error = facts.get("broken") or facts.get("error")
        line = m.line_with("def get_config", "def __init__", "class ")
        if error:
            found.append(
                Finding(
                    "saved",
                    f"The loss does not come back from its config: {in_words(error)}.",
                    "get_config must return what __init__ takes, in values that JSON "
                    "has: " + remedy.of_lost(["..."]),
                    backends=(lane,),
                    line=place(error) or line,
                )
            )
        lost = [name for name in facts.get("lost", []) if name]
        if not lost and facts.get("lost"):
            lost = _arguments(m.source) or ["..."]
        if lost:
            names = ", ".join(f"`{name}`" for name in lost)
            found.append(
                Finding(
                    "arguments",
                    f"{names} {'is' if len(lost) == 1 else 'are'} lost on saving: the "
                    "loss that comes back from get_config gives other values.",
                    remedy.of_lost(lost),
                    backends=(lane,),
                    line=line,
                )
            )
        if facts.get("needs_help"):
            found.append(
                Finding(
                    "saved",
                    f"A saved model does not load by itself: {facts['needs_help']}.",
                    "define it at the top of a module and decorate it with "
                    "@keras.saving.register_keras_serializable()",
                    ADVICE,
                    (lane,),
                    line=m.line,
                )
            )
    return found


def _arguments(source: str) -> list[str]:
    import re

    found = re.search(r"def __init__\(\s*self,([^)]*)\)", source)
    if not found:
        return []
    names = [part.split("=")[0].split(":")[0].strip() for part in found[1].split(",")]
    common = ("name", "reduction", "dtype")
    return [n for n in names if n.isidentifier() and n not in common]


# --- what is inside -------------------------------------------------------------------


def dtypes(m: Measured) -> list[Finding]:
    """Nothing is computed in float64 or half precision on the way."""
    for which, words in (
        (
            "float64",
            "float64 constants make float64 of everything, on some backends: "
            "use Python numbers, or keras.ops.cast(x, y_pred.dtype)",
        ),
        ("float16", "leave y_pred in float32"),
        ("bfloat16", "leave y_pred in float32"),
    ):
        where = [
            b
            for b, facts in m.found.get("inside", {}).items()
            if which in facts.get("dtypes", ())
        ]
        where += [
            b
            for b, facts in m.found.get("items", {}).items()
            if b != "numpy" and facts.get("whole", {}).get("dtype") == which
        ]
        if where:
            t, p = m.inputs[next(iter(m.inputs))]
            return [
                Finding(
                    "dtype",
                    f"float32 inputs are computed in {which} on the way.",
                    words,
                    backends=tuple(dict.fromkeys(where)),
                    input=code_of(t[:1], p[:1]),
                    line=m.line_with(which, "np.", "dtype", "cast("),
                )
            ]
    return []


def second(m: Measured) -> list[Finding]:
    """The second derivative, where a backend has one, is that of the value."""
    wanted = m.found.get("second64", {}).get("numpy", {}).get("along")
    facts = m.found.get("second", {})
    got = {b: f["along"] for b, f in facts.items() if "along" in f}
    lacking = [b for b, f in facts.items() if "error" in f]
    found = []
    if wanted is not None and np.isfinite(wanted):
        far = {
            b: v
            for b, v in got.items()
            if not abs(v - wanted) <= 0.02 * max(abs(wanted), abs(v)) + 2e-3
        }
        if far:
            found.append(
                Finding(
                    "second derivative",
                    "The second derivative is wrong: "
                    + ", ".join(f"{v:.6g} on {b}" for b, v in far.items())
                    + f", where differences of the value give {wanted:.6g}.",
                    "use no custom_gradient, stop_gradient or operation without a second "
                    "derivative (such as ctc_loss), or do not train with one",
                    backends=tuple(far),
                    values={**got, "float64": wanted},
                    line=m.line_with("stop_gradient", "custom_gradient", "ctc"),
                )
            )
    if lacking:
        found.append(
            Finding(
                "second derivative",
                f"There is no second derivative on {', '.join(lacking)}.",
                "none is needed for training by gradients",
                ADVICE,
                tuple(lacking),
            )
        )
    return found


def mapped(m: Measured) -> list[Finding]:
    """`vmap` over the samples gives each its value."""
    if m.kind.couples or m.kind.scalar:
        return []
    label = next(iter(m.inputs))
    found = []
    for backend, facts in m.found.get("mapped", {}).items():
        if "error" in facts:
            found.append(
                Finding(
                    "vmap",
                    f"vmap over the samples raises an error on {backend}: "
                    f"{in_words(facts['error'])}.",
                    "vmap is not needed for training with Keras",
                    ADVICE,
                    (backend,),
                )
            )
            continue
        items = _items(m, next(iter(m.found.get("items", {"": {}}))), "whole")
        if "values" not in facts or items is None or not items.ndim:
            continue
        own = m.found["main"].get(backend, {}).get(label, {}).get("value")
        if own is None or not np.isclose(own, np.mean(items), rtol=1e-4):
            continue  # another reduction
        got = np.asarray(facts["values"])
        wanted = items.reshape(len(items), -1).mean(axis=1)
        if not np.allclose(got, wanted, rtol=1e-3, atol=1e-5, equal_nan=True):
            found.append(
                Finding(
                    "vmap",
                    f"vmap over the samples gives {got[0]:.6g} for the first on "
                    f"{backend}, where it costs {wanted[0]:.6g}.",
                    "let no shape or value of the whole batch into an item",
                    backends=(backend,),
                    line=m.line,
                )
            )
    return found


def base(m: Measured) -> list[Finding]:
    """What Keras's own base does for every loss: advice."""
    found = []
    for backend, facts in m.found.get("base", {}).items():
        for name, fact in facts.items():
            value = fact.get("value") if isinstance(fact, dict) else None
            if value is None or np.isfinite(value):
                continue
            found.append(
                Finding(
                    name,
                    f"{name} gives the value {value}."
                    if name.startswith("NaN")
                    else f"A batch of {name} gives the value {value}.",
                    "derive the loss from portable_losses.Loss, which removes such "
                    "samples; keras.losses.Loss multiplies by 0",
                    ADVICE,
                    (backend,),
                )
            )
    return found
