"""Compares the results of backends with the reference, and with each other."""

import dataclasses
import math
from typing import Any, Literal

import numpy as np

from portable_losses.parity.case import Array
from portable_losses.parity.chart.expected import Expected, expect, is_for
from portable_losses.parity.chart.measure import ABSENT, RAISES, Answer
from portable_losses.parity.chart.op import Op
from portable_losses.parity.tolerances import (
    SMALL_GRADIENT,
    SMALL_VALUE,
    Tolerance,
    tolerance,
)

Status = Literal["right", "choice", "gradient", "value", "absent"]
ORDER: tuple[Status, ...] = ("right", "choice", "gradient", "value", "absent")
"""Statuses from best to worst: a cell of the chart shows the worst of its points."""

SLACK = 2.0
"""Factor on the tolerances of the parity matrix, for a single operation."""

SMALL = {"float32": SMALL_GRADIENT, "float16": 0.1, "bfloat16": 0.1}
"""Size of a gradient below which the error is absolute, not relative."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The verdict on one backend at one point."""

    status: Status
    message: str = ""


def allowed_of(dtype: str, device: str) -> Tolerance:
    """How far a result may be from the reference."""
    return tolerance(dtype, device, SLACK)


def judge(answer: Answer, expected: Expected, dtype: str, device: str) -> Verdict:
    """The verdict on one backend's result, compared with the reference."""
    allowed = allowed_of(dtype, device)
    if answer.get("error") == ABSENT:
        return Verdict("absent", ABSENT)
    if "value" not in answer:
        return Verdict("value", answer["error"])
    value = np.asarray(answer["value"], "float64")
    sizes = np.where(np.isfinite(expected.value), np.abs(expected.value), 0.0)
    largest = float(np.max(sizes, initial=0.0))
    slack = allowed.value * sizes + allowed.term * max(largest, SMALL_VALUE)
    if not np.all(_equal(value, expected.value, slack)):
        said = f"value {shown(value)}, should be {shown(expected.value)}"
        return Verdict("value", said)
    if "error" in answer:
        return Verdict("gradient", f"gradient {answer['error']}")
    if answer["gradients"] is None:
        return Verdict("right")
    for i, given in enumerate(answer["gradients"]):
        low, high = expected.low[i].ravel(), expected.high[i].ravel()
        got = np.asarray(given, "float64")
        if not np.all(_between(got, low, high, _slack(low, high, allowed, dtype))):
            said = f"gradient {_all(answer)}, should be {_ranges(expected)}"
            return Verdict("gradient", said)
    return Verdict("right")


def compare(
    answers: dict[str, Answer],
    verdicts: dict[str, Verdict],
    expected: Expected,
    dtype: str,
    device: str,
) -> dict[str, Verdict]:
    """The verdicts, with those that differ from each other where there is a choice.

    Where every derivative between two bounds is a subgradient, each backend may be
    right and yet differ from another.
    """
    right = [
        name
        for name, verdict in verdicts.items()
        if verdict.status == "right" and answers[name]["gradients"] is not None
    ]
    for i, (low, high) in enumerate(zip(expected.low, expected.high, strict=True)):
        found = [np.asarray(answers[n]["gradients"][i], "float64") for n in right]
        for got in found[1:]:
            first = found[0]
            slack = 2 * _slack(first, got, allowed_of(dtype, device), dtype)
            same = _between(got, first, first, slack) | np.isnan(low.ravel())
            if not np.all(same) and np.any(high > low):
                said = f"anything from {_ranges(expected)} is right"
                changed = {
                    name: Verdict("choice", f"gradient {_all(answers[name])}; {said}")
                    for name in right
                }
                return verdicts | changed
    return verdicts


def judge_row(
    row: Op,
    answers: dict[str, dict[str, dict[str, Answer]]],
    device: str,
    ours: bool,
) -> dict[str, list[dict[str, Any]]]:
    """The differences of a row on each backend, the smallest input first.

    Args:
        row: the row.
        answers: by backend, dtype and number of the point.
        device: where they are from.
        ours: whether they are those of `portable_losses.ops`.
    """
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in answers}
    for dtype in row.dtypes:
        for i, point in enumerate(row.points):
            if not is_for(point, dtype):
                continue
            # A point without an answer is an error, and no success.
            here = {name: given[dtype][str(i)] for name, given in answers.items()}
            expected = expect(row, point, dtype, ours)
            verdicts = {
                name: judge(answer, expected, dtype, device)
                for name, answer in here.items()
            }
            verdicts = compare(here, verdicts, expected, dtype, device)
            for name, verdict in verdicts.items():
                if verdict.status != "right":
                    found[name].append(
                        {
                            "status": verdict.status,
                            "dtype": dtype,
                            "label": point.label,
                            "inputs": [x.tolist() for x in point.inputs],
                            "message": verdict.message,
                        }
                    )
    for name, differences in found.items():
        differences.sort(key=_size)
        found[name] = _unless_absent(row, answers[name], differences)
    return found


def _unless_absent(
    row: Op, answers: dict[str, dict[str, Answer]], found: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """One difference for an operation that is missing, or raises at every point."""
    if not found:
        return found
    values = [a for by_point in answers.values() for a in by_point.values()]
    said = values[0].get("error", "")
    raised = said == ABSENT or said.startswith(RAISES)
    if raised and not any("value" in a for a in values):
        return [found[0] | {"status": "absent", "message": said}]
    return found


def _size(difference: dict[str, Any]) -> tuple[Any, ...]:
    numbers = [abs(x) for array in difference["inputs"] for x in np.ravel(array)]
    worst = -ORDER.index(difference["status"])
    rarest = max((math.inf if math.isnan(x) else x for x in numbers), default=0.0)
    return difference["dtype"] != "float32", worst, len(numbers), rarest


def _slack(low: Array, high: Array, allowed: Tolerance, dtype: str) -> Array:
    bounds = np.stack([low, high])
    sizes = np.where(np.isfinite(bounds), np.abs(bounds), 0.0).max(axis=0)
    largest = max(float(np.max(sizes, initial=0.0)), SMALL[dtype])
    return allowed.gradient * sizes + allowed.floor * largest


def _equal(got: Array, wanted: Array, slack: Array) -> Any:
    """Whether each number of a value is the expected one; NaN where NaN is expected."""
    with np.errstate(invalid="ignore"):
        near = np.abs(got - wanted) <= slack
    return near | (got == wanted) | (np.isnan(got) & np.isnan(wanted))


def _between(got: Array, low: Array, high: Array, slack: Array) -> Any:
    """Whether each derivative is between its bounds; a bound of NaN allows anything."""
    with np.errstate(invalid="ignore"):
        near = (got >= low - slack) & (got <= high + slack)
    return near | (got == low) | (got == high) | np.isnan(low)


def shown(x: Any) -> str:
    """Numbers in short form: `0.5`, `[0, nan]`."""
    x = np.asarray(x, "float64").ravel()
    texts = [f"{v:.6g}" for v in x[:6]] + (["..."] if x.size > 6 else [])
    return texts[0] if x.size == 1 else f"[{', '.join(texts)}]"


def _all(answer: Answer) -> str:
    return " and ".join(shown(g) for g in answer["gradients"])


def _ranges(expected: Expected) -> str:
    said = []
    for low, high in zip(expected.low, expected.high, strict=True):
        if np.allclose(low, high, rtol=1e-4, atol=1e-6, equal_nan=True):
            said.append(shown(low))
        else:
            said.append(f"{shown(low)} to {shown(high)}")
    return " and ".join(said)
