"""Turns the measurements into findings, one for each cause."""

from portable_losses.parity.examine import (
    base,
    explained,
    foreign,
    inner,
    kept,
    per_item,
    raised,
)
from portable_losses.parity.examine.findings import FAULT, Finding
from portable_losses.parity.examine.measured import Again, Measured

CHECKS = (
    "import",
    "runs",
    "compiles",
    "hangs",
    "ends",
    "foreign",
    "deterministic",
    "shape",
    "independent",
    "arguments",
    "saved",
    "finite",
    "value",
    "backends",
    "gradient",
    "dead",
    "modes",
    "direction",
    "dtype",
    "second derivative",
    "vmap",
    "numpy lane",
    "conventions",
    *base.NAMES,
)
"""The names of findings."""


def _explain(findings: list[Finding]) -> bool:
    """Whether a finding may be the cause of wrong numbers."""
    return any(
        f.rank == FAULT and f.check not in ("arguments", "saved") for f in findings
    )


CONVENTIONS = ("saved",)
"""Findings from other modules that `--strict` turns from advice into faults."""


def judge(m: Measured, again: Again) -> list[Finding]:
    """The findings of a loss, the faults first."""
    findings: list[Finding] = []
    abroad = foreign.of(m.facts, m.backends)
    if abroad is not None:
        findings.append(abroad)
    over = raised.ended(raised.first(m, "ended"), m.facts)
    if abroad is None:  # the import of a framework may exceed the time limit
        findings += over
    over = [finding for finding in over if finding.rank == FAULT]
    errors = raised.errors(m, bool(abroad))
    findings += errors
    if not findings:  # an error is more precise
        helper = foreign.called(m.found.get("items", {}), m.facts.get("ops", ()))
        findings += [helper] if helper else []
    if not over:
        unstable = per_item.deterministic(m)
        if unstable:  # compiler errors about random numbers have the same cause
            told = {f.remedy for f in unstable}
            findings = [
                f
                for f in findings
                if "random" not in f.message and f.remedy not in told
            ]
        findings += unstable
        misshapen = per_item.shapes(m)
        told = {f.remedy for f in misshapen}  # the cause of an error in compiled code
        findings = [f for f in findings if f.remedy not in told]
        findings += misshapen + (kept.saving(m) if not unstable else [])
        if not unstable:
            if not misshapen:
                findings += per_item.independent(m)
            findings += inner.narrow(m)
            # Wrong numbers that an error or a foreign framework may explain are not
            # reported again. An argument lost on saving does not explain a number.
            findings += explained.numeric(m, again, only_sure=_explain(findings))
            if not _explain(findings):
                findings += inner.dtypes(m) + inner.second(m) + inner.mapped(m)
    findings += base.conventions(m)
    for finding in findings:
        if finding.check in CONVENTIONS and m.strict:
            finding.rank = FAULT
    return sorted(findings, key=lambda f: f.rank != FAULT)
