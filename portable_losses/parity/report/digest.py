"""What a report says of a set of cases: the worst errors, and how the checks ended."""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable

from portable_losses.parity.report.model import (
    CaseRow,
    Environment,
    HistoryRow,
    Results,
)
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


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that a reader must see: a failure, or a known difference."""

    case: str
    where: tuple[str, ...]
    check: str
    message: str


def backends(results: Results) -> list[str]:
    """The backends that ran, in the order of their environments, NumPy last."""
    named = [environment["backend"] for environment in results["environments"]]
    found = [name for case in results["cases"] for name in case["results"]]
    return sorted(dict.fromkeys([*named, *found]), key=lambda name: name == "numpy")


def environments(results: Results) -> list[Environment]:
    """What the workers ran on, in the order of `backends`."""
    order = backends(results)
    found = results["environments"]
    return sorted(found, key=lambda item: order.index(item["backend"]))


def common_versions(results: Results) -> list[str]:
    """What every worker ran on alike, such as `keras 3.15.1`."""
    every = [item["versions"] for item in results["environments"]]
    return [
        f"{name} {version}"
        for name, version in (every[0].items() if every else ())
        if all(versions.get(name) == version for versions in every)
    ]


def own_versions(item: Environment, common: list[str]) -> str:
    """The other versions of an environment, the backend's own first and bare."""
    own = item["versions"].get(item["backend"])
    rest = [
        said
        for name, version in item["versions"].items()
        if name != item["backend"] and (said := f"{name} {version}") not in common
    ]
    return ", ".join([*([own] if own else []), *rest])


def totals(results: Results) -> tuple[str, str]:
    """What ran, and how it ended."""
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


def families(cases: Iterable[CaseRow]) -> dict[str, list[CaseRow]]:
    """Cases by family, in the order in which they came."""
    grouped: dict[str, list[CaseRow]] = {}
    for case in cases:
        grouped.setdefault(case["family"], []).append(case)
    return grouped


def by_loss(cases: Iterable[CaseRow]) -> list[Digest]:
    """One digest for each loss, in the order in which they came."""
    grouped: dict[str, list[CaseRow]] = {}
    for case in cases:
        grouped.setdefault(case["loss"], []).append(case)
    return [digest(name, group) for name, group in grouped.items()]


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


def failures(results: Results) -> list[Finding]:
    """Every failed check, comparison, reload and training run, and what did not run."""
    found = list(_with_status(results, "failed"))
    for case in results["cases"]:
        for pair, between in case["between"].items():
            if not between["ok"]:
                where = tuple(pair.split("-"))
                found.append(Finding(case["id"], where, "between", between["message"]))
    for reload in results["reload"]:
        if reload["status"] == "failed":
            saved, loaded = reload["saved_on"], reload["loaded_on"]
            where, check = (f"{saved} to {loaded}",), "reload"
            if saved == loaded:
                where, check = (saved,), "save"
            found.append(Finding(reload["case"], where, check, reload["message"]))
    for name, training in results["training"].items():
        if not training["ok"]:
            message = (
                training.get("message") or "the loss curves of the backends differ"
            )
            where = tuple(training["curves"])
            found.append(Finding(f"training on {name}", where, "training", message))
    for name, row in results["histories"].items():
        if not row["ok"]:
            where = tuple(row["histories"])
            found.append(
                Finding(f"training with {name}", where, "history", row["message"])
            )
    names = {environment["backend"] for environment in results["environments"]}
    for name in sorted(names):
        absent = [c["id"] for c in results["cases"] if name not in c["results"]]
        if absent:
            some = ", ".join(absent[:3]) + (" ..." if len(absent) > 3 else "")
            message = f"{len(absent)} of {len(results['cases'])} cases did not run"
            found.append(Finding(some, (name,), "complete", message))
    if not found and not results["summary"]["ok"]:
        message = "the run is marked as failed, and says no more"
        found.append(Finding("the run", tuple(sorted(names)), "summary", message))
    return found


def known(results: Results) -> list[Finding]:
    """Every known difference with its reason, backends of the same one together."""
    return _merged(_with_status(results, "known"))


def remarks(results: Results) -> list[Finding]:
    """What checks that passed have to say: where Keras differs, as it is known to."""
    return _merged(f for f in _with_status(results, "passed") if f.message)


def _merged(found: Iterable[Finding]) -> list[Finding]:
    merged: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for item in found:
        key = (item.case, item.check, item.message)
        merged[key] = (*merged.get(key, ()), *item.where)
    return [
        Finding(case, where, check, message)
        for (case, check, message), where in merged.items()
    ]


def _with_status(results: Results, status: str) -> Iterable[Finding]:
    for case in results["cases"]:
        for backend, result in case["results"].items():
            for check, outcome in result["checks"].items():
                if outcome["status"] == status:
                    yield Finding(case["id"], (backend,), check, outcome["message"])


def inapplicable(results: Results) -> dict[tuple[str, str], list[str]]:
    """The cases for which a check has no meaning, by check and reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for item in _with_status(results, "not_applicable"):
        ids = found.setdefault((item.check, item.message), [])
        if item.case not in ids:
            ids.append(item.case)
    return found
