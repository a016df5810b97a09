"""The results in Markdown, by family and by loss, for the README and the documents."""

from portable_losses.parity.report.digest import (
    digest,
    families,
    in_families,
    numbers_of,
    worst,
)
from portable_losses.parity.report.environments import backends
from portable_losses.parity.report.findings import known, remarks
from portable_losses.parity.report.model import Results
from portable_losses.parity.report.numbers import brief, count

_HEADINGS = (
    "Family",
    "Losses",
    "Cases",
    "Checks",
    "Value error",
    "Gradient error",
    "Between backends",
)


def by_family(results: Results) -> str:
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


def by_loss(results: Results) -> str:
    """Return a page: what ran where, a row a loss, and the known differences."""
    names = backends(results)
    lines = ["# Parity", ""]
    lines.append(
        "Written by `ci/make_docs.py` from the results of `nox -s parity`. Errors are "
        "the worst of all cases of a loss, float32 against a float64 reference: of the "
        "value relative to the largest item, of the gradient (in brackets) to its "
        "largest element. *Between* is the worst difference of two backends."
    )
    lines.append("")
    for environment in results["environments"]:
        versions = ", ".join(f"{k} {v}" for k, v in environment["versions"].items())
        modes = ", ".join(environment["modes"])
        where = f"{environment['backend']} on {environment['device']}"
        lines.append(f"* {where}: {versions}; {modes}")
    lines += ["", "| Loss | " + " | ".join([*names, "between", "checks"]) + " |"]
    lines.append("|:---" + "|---:" * (len(names) + 2) + "|")
    for family, rows in in_families(results["cases"]).items():
        lines.append(f"| **{family}** |" + " |" * (len(names) + 2))
        for row in rows:
            cells = [row.name]
            for name in names:
                value, gradient = row.value.get(name), row.gradient.get(name)
                shown = "" if gradient is None else f" ({brief(gradient)})"
                cells.append(brief(value) + shown)
            cells.append(f"{brief(row.between_value)} ({brief(row.between_gradient)})")
            cells.append(f"{row.checks['passed']}")
            lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "## Known differences", ""]
    differences = [
        f"* {f.case}, {f.check}, {', '.join(f.where)}: {f.message}"
        for f in known(results)
    ]
    lines += differences or ["None."]
    lines += ["", "## Where Keras differs", ""]
    lines.append(
        "Losses that stand in for Keras's were held against the Keras that ran: "
        "arguments, default name, and values in every reduction. They agree but where "
        "Keras is known to be wrong, and there they do not:"
    )
    lines.append("")
    faults = [
        f"* {f.case}, {', '.join(f.where)}: {f.message}" for f in remarks(results)
    ]
    lines += faults or ["* nowhere."]
    lines += ["", "## Training on real data", ""]
    for name, training in results["training"].items():
        steps = len(next(iter(training["curves"].values())))
        lines.append(
            f"* {name}: {steps} steps, the curves differ by at most "
            f"{training['largest_difference']:.1e} of their start"
        )
    lines += ["", "## Training with ...", ""]
    for name, run in results["histories"].items():
        lines.append(
            f"* {name}: {count(len(numbers_of(run)), 'number')} of the history, which "
            f"differ by at most {run['largest_difference']:.1e} of their first values"
        )
    return "\n".join(lines) + "\n"
