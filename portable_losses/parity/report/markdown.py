"""The summary by family in Markdown, for the README and the documents."""

from portable_losses.parity.report.digest import digest, families, worst
from portable_losses.parity.report.model import Results
from portable_losses.parity.report.numbers import brief

_HEADINGS = (
    "Family",
    "Losses",
    "Cases",
    "Checks",
    "Value error",
    "Gradient error",
    "Between backends",
)


def markdown_by_family(results: Results) -> str:
    """Return a table by family: the worst errors on any backend.

    Checks are those that passed; known differences and failures are said beside them.
    """
    cases = results["cases"]
    rows = [digest(name, group) for name, group in families(cases).items()]
    if len(rows) > 1:
        rows.append(digest("**all**", cases))
    lines = [
        "| " + " | ".join(_HEADINGS) + " |",
        "|:---" + "|---:" * (len(_HEADINGS) - 1) + "|",
    ]
    for row in rows:
        passed = f"{row.checks['passed']:,}"
        for status in ("known", "failed"):
            if row.checks[status]:
                passed += f" ({row.checks[status]} {status})"
        cells = (
            row.name,
            f"{row.losses}",
            f"{row.cases}",
            passed,
            brief(worst(row.value.values())),
            brief(worst(row.gradient.values())),
            brief(worst((row.between_value, row.between_gradient))),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
