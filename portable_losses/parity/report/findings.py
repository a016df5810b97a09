"""Lists of the report: failures, known differences, remarks, checks not applicable."""

import dataclasses
from collections.abc import Iterable

from portable_losses.parity.report.model import Results


@dataclasses.dataclass(frozen=True)
class Finding:
    """One entry of the report's list: a failure, a known difference or a remark."""

    case: str
    where: tuple[str, ...]
    check: str
    message: str


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
    """Every known difference with its reason; backends with the same one are joined."""
    return merged(_with_status(results, "known"))


def remarks(results: Results) -> list[Finding]:
    """Remarks of checks that passed: the known faults of Keras that showed."""
    return merged(f for f in _with_status(results, "passed") if f.message)


def merged(found: Iterable[Finding]) -> list[Finding]:
    """Join findings with the same text on several backends."""
    together: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for item in found:
        key = (item.case, item.check, item.message)
        together[key] = (*together.get(key, ()), *item.where)
    return [
        Finding(case, where, check, message)
        for (case, check, message), where in together.items()
    ]


def _with_status(results: Results, status: str) -> Iterable[Finding]:
    for case in results["cases"]:
        for backend, result in case["results"].items():
            for check, outcome in result["checks"].items():
                if outcome["status"] == status:
                    yield Finding(case["id"], (backend,), check, outcome["message"])
