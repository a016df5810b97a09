"""The page of a check: the options, the findings, the input, the curves, the remedy."""

import pathlib
import re
from collections.abc import Sequence
from typing import Any

from portable_losses.parity.examine.findings import FAULT, Finding, Report
from portable_losses.parity.examine.kinds import KINDS
from portable_losses.parity.examine.looked import Asked, listed, looked
from portable_losses.parity.examine.showing import code_of, number, numbers
from portable_losses.parity.page import write
from portable_losses.parity.page.curves import Curves, curves
from portable_losses.parity.page.words import asked

AROUND = 2
"""Lines of code that are shown before and after the line of a finding."""

VERDICTS = {
    "fault": ("fault", "bad"),
    "unchecked": ("not checked", "note"),
    "ok": ("ok", "good"),
}


def page(
    path: pathlib.Path,
    reports: Sequence[Report],
    measured: Sequence[dict[str, Any]],
    targets: Sequence[str],
    asked_for: Asked,
) -> pathlib.Path:
    """Write the page and return its path.

    Args:
        path: where it is written.
        reports: the report of each loss.
        measured: the curve of each loss; empty for a loss without a curve.
        targets: the targets as the user wrote them.
        asked_for: the options of the check.
    """
    drawn = [
        _curves(report, each) for report, each in zip(reports, measured, strict=True)
    ]
    losses = [
        _loss(report, each, picture, asked_for)
        for report, each, picture in zip(reports, measured, drawn, strict=True)
    ]
    counts = {name: 0 for name in VERDICTS}
    for report in reports:
        counts[report.verdict] += 1
    return write(
        path,
        "check.html.jinja",
        title=reports[0].target if len(reports) == 1 else "portable-losses check",
        verdict=_verdict(reports, counts),
        when=asked_for.when,
        machine=asked_for.machine,
        command=asked_for.command(targets),
        asked=[
            ("Versions", ", ".join(f"{k} {v}" for k, v in asked_for.versions.items())),
        ],
        losses=losses,
        counts=counts,
        kinds_of_verdict=[(k, *words) for k, words in VERDICTS.items()],
        content={"curves": [c.as_json() if c is not None else None for c in drawn]},
    )


def _verdict(reports: Sequence[Report], counts: dict[str, int]) -> tuple[str, str, str]:
    """The verdict, the class of its color, and the text that follows it."""
    worst = next((name for name in VERDICTS if counts[name]), "unchecked")
    words, tone = VERDICTS[worst]
    if len(reports) == 1:
        found = [f for f in reports[0].findings if f.rank == FAULT]
        more = f": {found[0].message}" if found else ""
        if reports[0].problem:
            more = f": {reports[0].problem}"
        return words, tone, more
    said = ", ".join(
        f"{n} {'with a fault' if name == 'fault' else VERDICTS[name][0]}"
        for name, n in counts.items()
        if n
    )
    return said, tone, f", of {len(reports)} losses."


def _loss(
    report: Report,
    measured: dict[str, Any],
    picture: Curves | None,
    asked_for: Asked,
) -> dict[str, Any]:
    words, tone = VERDICTS[report.verdict]
    first = next((f.message for f in report.findings if f.rank == FAULT), "")
    return {
        "target": report.target,
        "verdict": report.verdict,
        "words": words,
        "tone": tone,
        "headline": first or report.problem,
        "problem": report.problem,
        "question": _question(report, asked_for),
        "findings": [_finding(finding) for finding in report.findings],
        "curves": picture,
        "axis": _axis(measured),
        "drawn": code_of(*(x[:2] for x in report.drawn)) if report.drawn else "",
        "looked": looked(report, asked_for),
        "command": asked_for.command([report.target]),
    }


def _question(report: Report, asked_for: Asked) -> str:
    """What was checked, in sentences."""
    said = [
        f"Does {report.target} give the right value and gradient, and the same "
        f"ones on {listed(asked_for.backends)}?"
    ]
    if len(asked_for.backends) == 1:
        said = [
            f"Does {report.target} give the right value and gradient on "
            f"{asked_for.backends[0]}? Backends were not compared with each other: "
            "only one ran."
        ]
    if report.kind is not None:
        how = "as you said" if asked_for.said else "as trying showed"
        if not report.sure:
            how += ", though that is not sure"
        said.append(
            f"It takes {KINDS[report.kind].words} (--kind {report.kind}, {how})."
        )
    if asked_for.own_inputs:
        said.append("The inputs are your own.")
    said.append(
        f"Its values are compared with {asked_for.reference}."
        if asked_for.reference
        else "Its values are compared with its own values in float64, on Keras's NumPy "
        "backend: an error in the formula itself is not found."
    )
    if asked_for.strict:
        said.append("Advice counts as a fault (--strict).")
    return " ".join(said)


def _finding(finding: Finding) -> dict[str, Any]:
    rows = [
        (name, _number(value), numbers(finding.gradients.get(name)))
        for name, value in finding.values.items()
    ]
    return {
        "rank": finding.rank,
        "check": finding.check,
        "about": asked(finding.check),
        "backends": finding.backends,
        "message": finding.message,
        "remedy": finding.remedy,
        "input": "import numpy as np\n" + finding.input if finding.input else "",
        "rows": rows,
        "graded": bool(finding.gradients),
        "line": _line(finding.line),
    }


def _line(line: str) -> dict[str, Any] | None:
    """The line of user code with the lines around it, if the file can be read."""
    found = re.match(r"(.+?):(\d+)(?:: (.*))?$", line)
    if found is None:
        return {"place": line, "lines": []} if line else None
    file, at, text = found[1], int(found[2]), found[3]
    try:
        every = pathlib.Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        every = []
    lines = [
        (i, every[i - 1], i == at)
        for i in range(max(at - AROUND, 1), min(at + AROUND, len(every)) + 1)
    ]
    for end in (0, -1):
        while lines and not lines[end][1].strip():
            del lines[end]
    if not lines and text:
        lines = [(at, text, True)]
    return {"place": f"{file}:{at}", "lines": lines}


def _curves(report: Report, measured: dict[str, Any]) -> Curves | None:
    if not measured:
        return None
    beside = measured["beside"]
    return curves(
        report.target,
        measured["curves"],
        ours=report.target.partition(":")[0] if beside else "the loss",
        theirs=beside.partition(":")[0] or "-",
        flat=any(f.check == "dead" for f in report.findings),
    )


def _axis(measured: dict[str, Any]) -> str:
    if not measured:
        return ""
    where = ", ".join(map(str, measured["at"]))
    of = "the input above" if measured["of_fault"] else "a drawn input"
    said = f"Only y_pred[{where}] of {of} varies; the other numbers are fixed. "
    if "numpy" in measured["curves"]:
        said += "The broad line is float64. "
    if measured["beside"]:
        said += f"The dotted line is {measured['beside'].replace(':', '.')}."
    return said.strip()


# --- words ----------------------------------------------------------------------------


def _number(x: Any) -> str:
    if isinstance(x, list | tuple):
        return ", ".join(_number(v) for v in x)
    return number(float(x), 7) if x is not None else "-"
