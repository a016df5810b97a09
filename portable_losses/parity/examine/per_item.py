"""Checks of the items: deterministic, one per sample, independent of other samples."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from portable_losses.parity.examine.draws import Pair
from portable_losses.parity.examine.findings import ADVICE, Finding
from portable_losses.parity.examine.measured import Measured
from portable_losses.parity.examine.remedy import BATCH, SQUEEZE, STATE
from portable_losses.parity.examine.showing import code_of, number


def batches(inputs: Mapping[str, Pair]) -> dict[str, Pair]:
    """The batches that these checks compare, by name."""
    drawn = list(inputs)[:2]
    t, p = inputs[drawn[0]]
    half = len(p) // 2
    return {
        "whole": (t, p),
        "other": inputs[drawn[-1]],
        "again": (t, p),
        "first half": (t[:half], p[:half]),
        "second half": (t[half:], p[half:]),
        "one": (t[1:2], p[1:2]),
    }


def deterministic(m: Measured) -> list[Finding]:
    """The same inputs twice give the same items."""
    where = []
    values: dict[str, Any] = {}
    for lane in m.found.get("items", {}):
        first, then = (m.items(lane, label) for label in ("whole", "again"))
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
            + ", ".join(
                f"{number(a, 7)} and {number(b, 7)} on {x}"
                for x, (a, b) in values.items()
            )
            + ".",
            "draw no random numbers in the loss: add noise in a layer or to the data"
            if random
            else STATE,
            backends=tuple(where),
            input=code_of(t[:2], p[:2]),
            values=values,
            line=m.line_with("random", "+= ", "self.")
            if random
            else m.line_where(r"self\.\w+ *\W?= ", "def call") or m.line_with("+= "),
        )
    ]


def shapes(m: Measured) -> list[Finding]:
    """There is one item per sample, and not one per column or pair of samples."""
    if m.kind.couples:
        return []
    t, p = m.inputs[next(iter(m.inputs))]
    for lane, facts in m.found.get("items", {}).items():
        shape = tuple(facts.get("whole", {}).get("shape", ()))
        if not shape or shape[0] == len(p) and shape in _prefixes(t, p):
            continue
        pairs = shape[:2] == (len(p), len(p))
        fixed = shape[0] not in (*p.shape, *t.shape) and "reshape(" in m.source
        return [
            Finding(
                "shape",
                f"`call` returns items of shape {shape} for y_true {t.shape} and "
                f"y_pred {p.shape}, where one value a sample has shape {(len(p),)}.",
                "every sample meets every other: give both arrays the same shape "
                "before you combine them (keepdims=True, or expand_dims on the right "
                "axis)"
                if pairs
                else BATCH
                if fixed
                else "the axis is wrong: reduce over the last axis (axis=-1), never "
                "over the samples (axis 0)",
                backends=(lane,),
                input=code_of(t, p),
                line=m.line_with(*(["reshape("] * fixed), "axis", "sum(", "mean("),
            )
        ]
    return _of_one_sample(m)


def _of_one_sample(m: Measured) -> list[Finding]:
    """A batch of one sample has the same axes as a larger one."""
    t, p = m.inputs[next(iter(m.inputs))]
    for lane in m.found.get("items", {}):
        whole, one = m.items(lane, "whole"), m.items(lane, "one")
        if whole is None or one is None or whole.ndim == one.ndim or not whole.ndim:
            continue
        squeezes = re.search(r"squeeze\(", m.source)
        return [
            Finding(
                "shape",
                f"`call` returns items of shape {one.shape} for a batch of one sample, "
                f"and of shape {whole.shape} for {len(p)} samples.",
                SQUEEZE
                if squeezes
                else "keep the axis of the samples: reduce over "
                "axes from 1 on, and use keras.ops.shape(x)[0] in reshape",
                backends=(lane,),
                input=code_of(t[1:2], p[1:2]),
                line=m.line_with("squeeze(", "reshape("),
            )
        ]
    return []


def _prefixes(t: Any, p: Any) -> set[tuple[int, ...]]:
    """The shapes that items may have."""
    found = {p.shape[:n] for n in range(1, p.ndim + 1)}
    found |= {t.shape[:n] for n in range(1, t.ndim + 1)}
    return found | {(*p.shape[:-1], 1), (len(p), 1)}


def independent(m: Measured) -> list[Finding]:
    """The items of some samples stay the same if the other samples are removed."""
    if m.kind.couples or m.kind.scalar:
        return []
    t, p = m.inputs[next(iter(m.inputs))]
    for lane in m.found.get("items", {}):
        whole = m.items(lane, "whole")
        if whole is not None and not whole.ndim:
            return _of_batches(m, lane, whole)
        if whole is None or not whole.ndim or len(whole) != len(p):
            continue
        n = len(p) // 2
        parts = [
            (m.items(lane, label), whole[which])
            for label, which in (
                ("first half", slice(n)),
                ("second half", slice(n, None)),
                ("one", slice(1, 2)),
            )
        ]
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


def _of_batches(m: Measured, lane: str, whole: Any) -> list[Finding]:
    """Advice for a loss with one number per batch that is not a mean over samples."""
    halves = [m.items(lane, label) for label in ("first half", "second half")]
    if any(half is None or half.ndim for half in halves):
        return []
    mean = float(np.mean(halves))
    if np.isclose(whole, mean, rtol=1e-3, atol=1e-5, equal_nan=True):
        return []
    return [
        Finding(
            "independent",
            f"`call` returns one number per batch, which is not a mean over samples: "
            f"{_number(whole)}, and {_number(mean)} on average of its halves.",
            "return one value per sample (axis=-1, or axes from 1 on), so that sample "
            "weights and masks have an effect; --kind statistic says that it is meant",
            ADVICE,
            (lane,),
            line=m.line_with("axis=None", "mean(", "sum("),
        )
    ]


def _number(x: Any) -> str:
    return f"{number(float(np.ravel(x)[0]), 7)}"
