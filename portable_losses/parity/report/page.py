"""The report as one page that needs nothing else: no network, no script."""

from pathlib import Path

import jinja2
from markupsafe import Markup

from portable_losses.parity.report import digest, environments, findings
from portable_losses.parity.report.curves import curves
from portable_losses.parity.report.dots import allowed, dots
from portable_losses.parity.report.model import CaseRow, Results
from portable_losses.parity.report.numbers import brief, count, duration
from portable_losses.parity.report.picture import COLORS

TEMPLATE = "page.html.jinja"
SIGNS = {"passed": "", "failed": "x", "known": "~", "not_applicable": "", "absent": ""}


def html(results: Results, path: Path) -> Path:
    """Write the page and return its path."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"brief": brief, "count": count, "duration": duration}
    groups = digest.families(results["cases"])
    page = environment.get_template(TEMPLATE).render(
        results=results,
        totals=digest.totals(results),
        backends=environments.backends(results),
        families=[digest.digest(name, cases) for name, cases in groups.items()],
        everything=digest.digest("all", results["cases"]) if groups else None,
        groups=groups,
        checks=check_names(results["cases"]),
        cell=cell,
        worst=digest.worst,
        colors=COLORS,
        environments=environments.environments(results),
        common=environments.common_versions(results),
        own_versions=environments.own_versions,
        failures=findings.failures(results),
        known=findings.known(results),
        inapplicable=findings.inapplicable(results),
        allowed=allowed(results) if results["environments"] else None,
        dots=[Markup(dots(results, which)) for which in ("value", "gradient")]
        if groups
        else [],
        numbers_of=digest.numbers_of,
        curves={
            name: Markup(curves(name, training, number))
            for number, (name, training) in enumerate(results["training"].items())
        },
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    return path


def check_names(cases: list[CaseRow]) -> list[str]:
    """Every check that ran, in the order of the backend that ran the most of them."""
    ran = [list(result["checks"]) for c in cases for result in c["results"].values()]
    return list(
        dict.fromkeys(name for names in sorted(ran, key=len)[::-1] for name in names)
    )


def cell(case: CaseRow, check: str, names: list[str]) -> tuple[str, Markup]:
    """What a check found on each backend: the words, and a square each."""
    words, squares = [f"{case['id']}, {check}"], []
    for name in names:
        status: str = "absent"
        checks = case["results"].get(name, {"checks": {}})["checks"]
        if check in checks:
            status, message = checks[check]["status"], checks[check]["message"]
            said = status.replace("_", " ")
            words.append(f"{name}: {said}" + (f", {message}" if message else ""))
        squares.append(f'<i class="{status}">{SIGNS[status]}</i>')
    return "\n".join(words), Markup("".join(squares))
