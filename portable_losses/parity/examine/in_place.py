"""The remedy for a loss of Keras: ours of the same name, if that is shown."""

from typing import Any

from portable_losses.parity.examine.findings import FAULT, Finding
from portable_losses.parity.examine.measured import Measured
from portable_losses.parity.examine.numbers import faults
from portable_losses.parity.examine.sending import sent
from portable_losses.parity.examine.session import Session
from portable_losses.parity.examine.table import Table


def remedies(session: Session, m: Measured, findings: list[Finding]) -> None:
    """Try ours at the input of each fault, and name it where the fault is gone."""
    name = m.facts.get("stand_in")
    if not name:
        return
    for finding in findings:
        if finding.rank == FAULT and _is_gone(session, m, finding):
            finding.remedy = (
                f"use portable_losses.{name}, which takes the same arguments: found by "
                f"trying, the fault is gone with it. In Keras itself: {finding.remedy}"
            )


def _is_gone(session: Session, m: Measured, finding: Finding) -> bool:
    if finding.check in ("arguments", "saved"):
        few = sent({name: m.inputs[name] for name in list(m.inputs)[:1]})
        (lane,) = finding.backends or ("numpy",)
        kept = session.ask(lane, "saving", inputs=few, stand_in=True)
        return kept.get("lost") == [] and kept.get("broken") is None
    if finding.pair is None:
        return False
    inputs = {"input": finding.pair}
    found: dict[str, Any] = session.ask_all(
        m.backends, "measure", inputs=sent(inputs), stand_in=True
    )
    if any("value" not in fact.get("input", {}) for fact in found.values()):
        return False
    wanted = session.ask("numpy", "reference", inputs=sent(inputs), stand_in=True)
    return not faults(Table(found, wanted, inputs, m.kind)) and not _is_dead(
        found, finding
    )


def _is_dead(found: dict[str, Any], finding: Finding) -> bool:
    """Whether ours has no gradient either, where a mistake should have one."""
    if finding.check != "dead":
        return False
    return any(not any(_flat(f["input"]["gradient"])) for f in found.values())


def _flat(x: Any) -> list[float]:
    return [v for y in x for v in _flat(y)] if isinstance(x, list) else [x]
