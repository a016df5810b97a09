"""The report as one HTML file that loads nothing, with a light and a dark style."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from portable_losses.parity.page import write
from portable_losses.parity.page.words import explained
from portable_losses.parity.report import digest, environments, findings, rows
from portable_losses.parity.report.curves import curves
from portable_losses.parity.report.dots import dots
from portable_losses.parity.report.model import CaseRow, Results
from portable_losses.parity.report.numbers import brief, count, duration

TEMPLATE = "catalogue.html.jinja"
SORTS = {
    "": "catalogue",
    "name": "name",
    "-name": "name, from z",
    "family": "family",
    "-status": "most failures",
    "status": "fewest failures",
    "-value": "largest value error",
    "value": "least value error",
    "-gradient": "largest gradient error",
    "gradient": "least gradient error",
    "-between": "farthest between backends",
    "between": "closest between backends",
    "-time": "longest CPU time",
}


def html(
    results: Results, path: Path, drawn: dict[str, dict[str, Any]] | None = None
) -> Path:
    """Write the page and return its path.

    Args:
        results: the results of the run.
        path: where the page is written.
        drawn: the measured curve of each case, by id and backend.
    """
    groups = digest.families(results["cases"])
    checks = check_names(results["cases"])
    names = environments.backends(results)
    found = rows.pictures(results, drawn or {})
    compared = any(case["between"] for case in results["cases"])
    asked = results.get("asked")
    summary = results["summary"]
    when = " ".join(summary[k] for k in ("date", "time") if k in summary)
    return write(
        path,
        TEMPLATE,
        filters={"brief": brief, "count": count, "duration": duration},
        results=results,
        totals=digest.totals(results),
        extent=digest.extent(results),
        when=when or "not recorded",
        command=asked["command"] if asked else "python -m portable_losses.parity",
        machine=summary.get("machine", "not recorded"),
        asked=_asked(results),
        counts=_counts(results),
        statuses=rows.STATUSES,
        signs=rows.SIGNS,
        sorts=[
            (key, words)
            for key, words in SORTS.items()
            if compared or "between" not in key
        ],
        backends=names,
        compared=compared,
        families=[digest.digest(name, cases) for name, cases in groups.items()],
        everything=digest.digest("all", results["cases"]) if groups else None,
        cases=[rows.row(case, checks, names) for case in results["cases"]],
        ids={case["id"] for case in results["cases"]},
        checks=checks,
        explained=explained,
        worst=digest.worst,
        environments=environments.environments(results),
        common=environments.common_versions(results),
        own_versions=environments.own_versions,
        failures=findings.merged(findings.failures(results)),
        failed=len(findings.failures(results)),
        known=findings.known(results),
        showcase=[
            {"id": id, "curves": picture}
            for id, picture in sorted(
                found.items(), key=lambda item: -item[1].keras_fails
            )
            if picture.keras_fails
        ],
        dots=[Markup(dots(results, which)) for which in ("value", "gradient")]
        if groups
        else [],
        numbers_of=digest.numbers_of,
        curves={
            name: Markup(curves(name, training, number))
            for number, (name, training) in enumerate(results["training"].items())
        },
        content=rows.content(results, checks, names, found, drawn or {}),
    )


def _asked(results: Results) -> list[tuple[str, str]]:
    """The options of the run in words, in addition to the command."""
    common = ", ".join(environments.common_versions(results))
    backends = [
        f"{item['backend']} {environments.own_versions(item, [])}".partition(",")[0]
        for item in environments.environments(results)
    ]
    facts = [("Backends", ", ".join(backends))]
    if common:
        facts.append(("All on", common))
    facts.append(("What ran", digest.extent(results)))
    asked = results.get("asked")
    if asked and asked["checks"]:
        facts.append(("Checks", ", ".join(asked["checks"])))
    return facts


def _counts(results: Results) -> dict[str, int]:
    """How many outcomes have each status, failures between backends among them."""
    apart = sum(
        not pair["ok"] for case in results["cases"] for pair in case["between"].values()
    )
    ended = results["summary"]["checks"]
    found = {
        "f": ended["failed"] + apart,
        "k": ended["known"],
        "p": ended["passed"],
        "n": ended["not_applicable"],
    }
    return found | {"all": sum(found.values())}


def check_names(cases: list[CaseRow]) -> list[str]:
    """Every check that ran, in the order of the backend that ran the most of them."""
    ran = [list(result["checks"]) for c in cases for result in c["results"].values()]
    return list(
        dict.fromkeys(name for names in sorted(ran, key=len)[::-1] for name in names)
    )
