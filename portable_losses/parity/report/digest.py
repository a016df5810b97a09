"""Summaries of a set of cases: the largest errors, and the outcomes of the checks."""

import dataclasses
import math
from collections import Counter
from collections.abc import Container, Iterable

from portable_losses.parity.report.model import CaseRow, HistoryRow, Results
from portable_losses.parity.report.numbers import count, duration


@dataclasses.dataclass(frozen=True)
class Digest:
    """The cases of one loss, of one family, or all of them.

    Args:
        name: name of the loss or family.
        family: the family.
        losses: number of losses.
        cases: number of cases.
        value: worst value error by backend, None where nothing was measured.
        gradient: worst gradient error by backend.
        between_value: worst difference of values between two backends.
        between_gradient: worst difference of gradients between two backends.
        checks: how many checks ended in each status.
        failed_on: backends, or pairs of them, with a failure.
        known_on: backends with a known difference.
    """

    name: str
    family: str
    losses: int
    cases: int
    value: dict[str, float | None]
    gradient: dict[str, float | None]
    between_value: float | None
    between_gradient: float | None
    checks: Counter[str]
    failed_on: tuple[str, ...]
    known_on: tuple[str, ...]


def totals(results: Results) -> tuple[str, str]:
    """What ran, and the outcomes."""
    summary = results["summary"]
    checks = summary["checks"]
    ended = [
        f"{number:,} {words}"
        for words, number in (
            ("passed", checks["passed"]),
            ("failed", checks["failed"]),
            ("known to differ", checks["known"]),
            ("not applicable", checks["not_applicable"]),
        )
        if number or words == "passed"
    ]
    losses, cases = count(summary["losses"], "loss"), count(summary["cases"], "case")
    ran = sum((checks["passed"], checks["failed"], checks["known"]))
    took = duration(summary["seconds"])
    return (
        f"{losses}, {cases}, {count(ran, 'check')} in {took}",
        ", ".join(ended),
    )


def extent(results: Results) -> str:
    """What ran, in words: the whole catalogue, or a part of it."""
    asked = results.get("asked")
    if asked is not None and asked["whole"]:
        return "the whole catalogue"
    losses = list(dict.fromkeys(case["loss"] for case in results["cases"]))
    cases = count(len(results["cases"]), "case")
    if len(losses) == 1:
        return f"the {cases} of {losses[0]}".replace("the 1 case", "the one case")
    few = f": {', '.join(losses)}" if 0 < len(losses) <= 3 else ""
    return f"the {cases} that ran{few}"


def families(cases: Iterable[CaseRow]) -> dict[str, list[CaseRow]]:
    """Cases by family, in the order of the results."""
    grouped: dict[str, list[CaseRow]] = {}
    for case in cases:
        grouped.setdefault(case["family"], []).append(case)
    return grouped


def by_loss(cases: Iterable[CaseRow], shared: Container[str] = ()) -> list[Digest]:
    """One digest for each loss, in the order of the results.

    Args:
        cases: the cases.
        shared: losses of more than one family; their rows have the label of the case.
    """
    grouped: dict[str, list[CaseRow]] = {}
    for case in cases:
        grouped.setdefault(case["loss"], []).append(case)
    return [
        digest(_name(group) if name in shared else name, group)
        for name, group in grouped.items()
    ]


def in_families(cases: list[CaseRow]) -> dict[str, list[Digest]]:
    """One digest for each loss, family by family; no two have one name."""
    of = {(case["loss"], case["family"]) for case in cases}
    seen = Counter(loss for loss, _ in of)
    shared = {loss for loss, number in seen.items() if number > 1}
    return {name: by_loss(group, shared) for name, group in families(cases).items()}


def _name(cases: list[CaseRow]) -> str:
    """The name of the cases of a loss and family: the loss, and how they are labeled.

    A case without a label is the loss with default arguments, and has the loss's name.
    """
    loss = cases[0]["loss"]
    ids = [case["id"] for case in cases]
    if loss in ids:
        return loss
    labels = ", ".join(id.removeprefix(loss).strip("[]") for id in ids)
    return f"{loss}[{labels}]"


def digest(name: str, cases: list[CaseRow]) -> Digest:
    """Reduce cases to their worst errors and to counts."""
    names = list(dict.fromkeys(b for case in cases for b in case["results"]))
    pairs = [pair for case in cases for pair in case["between"].values()]
    statuses: Counter[str] = Counter()
    on: dict[str, dict[str, None]] = {"failed": {}, "known": {}}
    for case in cases:
        for backend, result in case["results"].items():
            for outcome in result["checks"].values():
                statuses[outcome["status"]] += 1
                on.setdefault(outcome["status"], {})[backend] = None
        for pair_name, pair in case["between"].items():
            if not pair["ok"]:
                on["failed"][pair_name] = None

    def of(backend: str, key: str) -> float | None:
        found = [case["results"].get(backend) for case in cases]
        return worst(r[key] for r in found if r is not None)  # type: ignore[literal-required]

    return Digest(
        name=name,
        family=cases[0]["family"],
        losses=len({case["loss"] for case in cases}),
        cases=len(cases),
        value={backend: of(backend, "value_error") for backend in names},
        gradient={backend: of(backend, "gradient_error") for backend in names},
        between_value=worst(pair["value"] for pair in pairs),
        between_gradient=worst(pair["gradient"] for pair in pairs),
        checks=statuses,
        failed_on=tuple(on["failed"]),
        known_on=tuple(on["known"]),
    )


def worst(errors: Iterable[float | None]) -> float | None:
    """The largest error, NaN if there is one, None where nothing was measured."""
    measured = [error for error in errors if error is not None]
    if not measured:
        return None
    return math.nan if any(map(math.isnan, measured)) else max(measured)


def numbers_of(row: HistoryRow) -> list[str]:
    """The numbers in the histories of a run, each before that of validation."""
    found = {name for numbers in row["histories"].values() for name in numbers}
    return sorted(found, key=lambda name: (name.removeprefix("val_"), len(name)))
