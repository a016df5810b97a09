"""The remedy for a loss of Keras: our drop-in, if it fixes the fault."""

import re
from typing import Any

from portable_losses.parity.examine.findings import FAULT, Finding
from portable_losses.parity.examine.measured import Measured
from portable_losses.parity.examine.numbers import faults
from portable_losses.parity.examine.sending import sent
from portable_losses.parity.examine.session import Session
from portable_losses.parity.examine.table import Table


def remedies(session: Session, m: Measured, findings: list[Finding]) -> None:
    """Try our drop-in at the input of each fault; suggest it if the fault is gone."""
    name = m.facts.get("stand_in")
    if not name:
        return
    for finding in findings:
        if finding.rank == FAULT and _is_gone(session, m, finding):
            # Name an operation of Keras as the cause only if the experiment found it.
            shown = re.search(r"in place of (keras\.ops[^:]*):", finding.remedy)
            what = f"; what differs is {shown[1]}" if shown else ""
            if finding.check in ("arguments", "saved"):
                what = f"; in Keras itself, {finding.remedy}"
            finding.remedy = (
                f"use portable_losses.{name}, which takes the same arguments: found by "
                f"trying, the fault is gone with it{what}"
            )


def _is_gone(session: Session, m: Measured, finding: Finding) -> bool:
    if finding.check in ("arguments", "saved"):
        few = sent({name: m.inputs[name] for name in list(m.inputs)[:1]})
        (lane,) = finding.backends or ("numpy",)
        kept = session.ask(lane, "saving", inputs=few, stand_in=True)
        return kept.get("lost") == [] and kept.get("broken") is None
    if not finding.inputs:
        return False
    sending = sent(finding.inputs)
    found: dict[str, Any] = session.ask_all(
        m.backends, "measure", inputs=sending, stand_in=True
    )
    measured = [facts for by in found.values() for facts in by.values()]
    if not all("value" in facts for facts in measured):
        return False
    wanted = session.ask("numpy", "reference", inputs=sending, stand_in=True)
    return not faults(Table(found, wanted, finding.inputs, m.kind))
