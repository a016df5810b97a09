"""Checks inside a loss: dtypes on the way, second derivatives, vmap."""

import numpy as np

from portable_losses.parity.examine.findings import ADVICE, FAULT, Finding, in_words
from portable_losses.parity.examine.measured import Measured
from portable_losses.parity.examine.showing import code_of, number


def dtypes(m: Measured) -> list[Finding]:
    """Intermediate results are not in float64 or half precision."""
    if "ctc" in m.source:
        return []  # Keras's ctc_loss does, on purpose
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


NARROW = ("int8", "uint8", "int16", "uint16")


def narrow(m: Measured) -> list[Finding]:
    """The loss casts numbers to integers with few bits, in which they wrap."""
    lines = {w: m.line_where(rf"[\"'.]{w}\b") for w in NARROW}
    for which, line in lines.items():
        where = [
            b
            for b, facts in m.found.get("inside", {}).items()
            if which in facts.get("dtypes", ())
        ]
        if not line or not where:
            continue
        low, high = np.iinfo(which).min, np.iinfo(which).max
        return [
            Finding(
                "dtype",
                f"Numbers are cast to {which} on the way: fractions are cut, and what "
                f"is not in {low} to {high} becomes another number.",
                'leave numbers in y_pred.dtype, and cast class indices to "int32"',
                backends=tuple(where),
                line=line,
            )
        ]
    return []


def second(m: Measured) -> list[Finding]:
    """The second derivative, where a backend has one, is that of the value.

    An error or a result that is not finite means that the loss has none.
    """
    exact = m.found.get("second64", {}).get("numpy", {})
    facts = m.found.get("second", {})
    got = {b: f["along"] for b, f in facts.items() if "along" in f}
    lacking = [b for b, f in facts.items() if "error" in f]
    lacking += [b for b, v in got.items() if not np.isfinite(v)]
    got = {b: v for b, v in got.items() if np.isfinite(v)}
    found = []
    for key, rank in (("along", FAULT), ("free", FAULT if m.strict else ADVICE)):
        wanted = exact.get(key)
        if wanted is None or not np.isfinite(wanted):
            continue
        far = {b: v for b, v in got.items() if _differ(v, wanted, 0.02)}
        if key == "free":
            # A term under stop_gradient is constant on purpose. It is a fault only if
            # the gradient changes with that term: then the gradient is that of the
            # value, and the derivative of the gradient is not.
            far = {
                b: v
                for b, v in far.items()
                if not _differ(facts[b].get("by_gradients", np.nan), wanted, 0.05)
            }
        if not far:
            continue
        said = ", ".join(f"{number(v)} on {b}" for b, v in far.items())
        found.append(
            Finding(
                "second derivative",
                f"The second derivative is wrong: {said}, where differences of the "
                f"value give {number(wanted)}.",
                "use no custom_gradient, stop_gradient or operation without a second "
                "derivative (such as ctc_loss), or do not train with one",
                rank,
                tuple(far),
                values={**got, "float64": wanted},
                line=m.line_with("stop_gradient", "custom_gradient", "ctc"),
            )
        )
        break
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


def _differ(a: float, b: float, part: float) -> bool:
    return not abs(a - b) <= part * max(abs(a), abs(b)) + 2e-3


def mapped(m: Measured) -> list[Finding]:
    """`vmap` over the samples gives the value of each sample."""
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
        items = m.items(next(iter(m.found.get("items", {"": {}}))), "whole")
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
                    f"vmap over the samples gives {number(got[0])} for the first on "
                    f"{backend}, where it costs {number(wanted[0])}.",
                    "let no shape or value of the whole batch into an item",
                    backends=(backend,),
                    line=m.line,
                )
            )
    return found
