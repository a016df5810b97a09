"""The options of a check, and which of the checks were judged, and why others not."""

import dataclasses
import shlex
from collections.abc import Sequence

from portable_losses._adapters import facts
from portable_losses.parity.examine.findings import FAULT, Finding, Report
from portable_losses.parity.examine.kinds import KINDS
from portable_losses.parity.page.words import ASKED, asked

FIRST = ("import", "runs", "compiles", "foreign", "hangs", "ends", "numpy lane")
"""If a loss fails one of these, there are no numbers to judge."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """The options of the check.

    Args:
        backends: the backends with gradients.
        options: the options of the command line, as words.
        said: whether the user gave the kind of the losses.
        reference: the function that the losses are compared with, or nothing.
        own_inputs: whether the user gave the inputs.
        strict: whether advice counts as a fault.
        versions: versions of the backends and of Python in the workers.
        when: date and time.
        machine: the kind of machine.
    """

    backends: tuple[str, ...]
    options: tuple[str, ...]
    said: bool
    reference: str
    own_inputs: bool
    strict: bool
    versions: dict[str, str]
    when: str
    machine: str

    def command(self, targets: Sequence[str]) -> str:
        """The command that repeats the check of some losses."""
        return shlex.join(["portable-losses", "check", *targets, *self.options])


def looked(report: Report, asked_for: Asked) -> list[dict[str, str]]:
    """The result of each check, or the reason why it was not judged."""
    by_check: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_check.setdefault(finding.check, []).append(finding)
    stopped = bool(report.problem) or report.kind is None
    rows = []
    for name in (*ASKED, *(n for n in by_check if n not in ASKED)):
        found = by_check.get(name, [])
        said, tone = "nothing found", "good"
        if any(f.rank == FAULT for f in found):
            said, tone = "fault", "bad"
        elif found:
            said, tone = "advice", "note"
        elif reason := _unjudged(name, report, by_check, stopped, asked_for):
            said, tone = reason, "soft"
        rows.append({"check": name, "said": said, "tone": tone, "about": asked(name)})
    return rows


def _unjudged(
    name: str,
    report: Report,
    by_check: dict[str, list[Finding]],
    stopped: bool,
    asked_for: Asked,
) -> str:
    """Why a check was not judged; empty if it was."""
    if stopped:
        return "not judged: the loss did not run"
    if name in FIRST:
        return ""
    faults = {n for n, fs in by_check.items() if any(f.rank == FAULT for f in fs)}
    if faults & set(FIRST):
        return "not judged: the fault above comes first"
    kind = KINDS[report.kind or ""]
    if name == "backends" and len(asked_for.backends) < 2:
        return "not compared: only one backend ran"
    if name == "modes" and all(len(facts(b).modes) < 2 for b in asked_for.backends):
        return f"not compared: {listed(asked_for.backends)} ran in one mode"
    if name == "dead" and not (kind.wrong or kind.far):
        return "not applicable: no prediction of this kind is wrong for sure"
    if name == "direction" and not kind.right:
        return "not applicable: no prediction of this kind is right for sure"
    if name in ("shape", "independent") and kind.couples:
        return "not applicable: items may depend on the rest of the batch"
    if name in ("dtype", "second derivative", "vmap") and faults:
        return "not judged: the fault above comes first"
    alone = len(asked_for.backends) == 1
    if name == "conventions" and not alone and "torch" not in asked_for.backends:
        return "not judged: it runs on torch, or where one backend runs alone"
    return ""


def listed(words: Sequence[str]) -> str:
    """Words with `and` before the last one."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
