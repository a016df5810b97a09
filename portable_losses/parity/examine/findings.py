"""The findings for a loss, and the verdict."""

import dataclasses
import math
import re
from typing import Any

FAULT, ADVICE = "fault", "advice"

LONGEST = 200
"""The most characters of an exception message that are shown."""


@dataclasses.dataclass
class Finding:
    """One fault or advice with one cause, over all backends and checks.

    Args:
        check: the check that found it.
        message: what is wrong.
        remedy: how to fix it.
        rank: `fault` or `advice`.
        backends: the backends that show it.
        input: the smallest input that shows it, as code to paste.
        values: the value by backend, and in float64.
        gradients: the gradient by backend, and in float64.
        line: the line of user code, `file:number: text`.
        inputs: the input as arrays, by name.
    """

    check: str
    message: str
    remedy: str
    rank: str = FAULT
    backends: tuple[str, ...] = ()
    input: str = ""
    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    gradients: dict[str, Any] = dataclasses.field(default_factory=dict)
    line: str = ""
    inputs: dict[str, Any] = dataclasses.field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The finding for JSON: infinities and NaN are strings."""
        return {
            "rank": self.rank,
            "check": self.check,
            "backends": list(self.backends),
            "message": self.message,
            "remedy": self.remedy,
            "input": self.input,
            "values": plain(self.values),
            "gradients": plain(self.gradients),
            "line": self.line,
        }


@dataclasses.dataclass
class Report:
    """The findings of one target.

    Args:
        target: as the user wrote it.
        kind: the kind of its inputs; None if unknown.
        findings: the findings.
        problem: why it could not be checked.
        sure: whether the kind was given by the user, or is certain.
        drawn: the first input, targets and predictions; None if none was drawn.
        also: other names of the same loss, in an audit.
    """

    target: str
    kind: str | None
    findings: list[Finding]
    problem: str = ""
    sure: bool = True
    drawn: Any = None
    also: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """`ok`, `fault` or `unchecked`."""
        if any(finding.rank == FAULT for finding in self.findings):
            return "fault"
        return "unchecked" if self.problem else "ok"

    @classmethod
    def unchecked(cls, target: str, broken: dict[str, dict[str, Any]]) -> "Report":
        """The report of a target that could not be checked, with the reason."""
        by_message: dict[str, list[str]] = {}
        for backend, error in broken.items():
            where = f" at {place(error)}" if error.get("file") else ""
            by_message.setdefault(in_words(error) + where, []).append(backend)
        said = [
            f"{words} ({', '.join(where)})" if any(where) else words
            for words, where in by_message.items()
        ]
        return cls(target, None, [], "; ".join(said) or "nothing was measured")

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        findings = [finding.as_json() for finding in self.findings]
        if self.problem:
            findings.append(Finding("import", self.problem, "", "advice").as_json())
        return {
            "target": self.target,
            **({"also": list(self.also)} if self.also else {}),
            "kind": self.kind,
            "verdict": self.verdict,
            "findings": findings,
        }


def merged(found: list[Finding]) -> list[Finding]:
    """One finding per check and line of code, with all remedies."""
    by_line: dict[tuple[str, str], Finding] = {}
    for i, finding in enumerate(found):
        key = finding.check, finding.line or str(i)
        known = by_line.setdefault(key, finding)
        if known is finding:
            continue
        known.message += f" {finding.message}"
        if finding.remedy not in known.remedy:
            known.remedy += f"; and {finding.remedy}"
        known.backends = tuple(dict.fromkeys((*known.backends, *finding.backends)))
    return list(by_line.values())


def in_words(error: dict[str, Any]) -> str:
    """An exception of the user's code in one line."""
    kind, message = error.get("type", ""), str(error.get("message", ""))
    first = next((line for line in message.splitlines() if line.strip()), "")
    first = re.split(r"(?<=[a-z)`'\"])\. (?=[A-Z])", first)[0].rstrip(". ")[:LONGEST]
    if kind in ("Ended", "Failed", "ValueError"):
        text = first
    elif kind == "ModuleNotFoundError":
        text = f"an import fails: {first}"
    else:
        text = f"{kind}: {first}" if first else kind
    return text


def place(error: dict[str, Any]) -> str:
    """`file:line: text` of an exception."""
    if not error.get("file"):
        return ""
    text = f": {error['text']}" if error.get("text") else ""
    return f"{error['file']}:{error['line']}{text}"


def plain(x: Any) -> Any:
    """The same structure with infinities and NaN as strings, since JSON lacks them."""
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [plain(value) for value in x]
    if isinstance(x, float) and not math.isfinite(x):
        return "nan" if math.isnan(x) else ("inf" if x > 0 else "-inf")
    return x
