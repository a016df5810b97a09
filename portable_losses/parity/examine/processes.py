"""Losses with other values in each process, as by the order of a set."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from portable_losses.parity.examine import remedy
from portable_losses.parity.examine.draws import Pair
from portable_losses.parity.examine.findings import Finding
from portable_losses.parity.examine.sending import sent
from portable_losses.parity.examine.session import Session
from portable_losses.parity.examine.showing import code_of, number
from portable_losses.parity.examine.table import Fault


def items(session: Session, target: str, inputs: Mapping[str, Pair]) -> Any:
    """The items in the NumPy worker, and in another one; None if unknown."""
    sending = sent(dict(inputs))
    other: Any = session.twin(target, inputs=sending)
    if not other:
        return None
    found: Any = (session.ask("numpy", "items", inputs=sending), other)
    both = [facts.get(name, {}).get("items") for facts in found for name in inputs]
    return None if None in both else both


def finding(m: Any, fault: Fault) -> Finding | None:
    """A finding if the loss has other values in each process."""
    if not fault.label.startswith("drawn") or m.reference is not None:
        return None
    pair = m.inputs[fault.label]
    both = m.elsewhere({fault.label: pair})
    if both is None:
        return None
    here, there = map(np.asarray, both)
    if np.array_equal(here, there, equal_nan=True):
        return None
    a, b = (float(np.mean(x)) for x in both)
    return Finding(
        "deterministic",
        f"The loss gives other values in another process: {number(a, 7)} and "
        f"{number(b, 7)} at the input {fault.label!r}, on the same backend.",
        remedy.PROCESSES,
        backends=tuple(m.backends),
        input=code_of(*(x[:1] for x in pair)),
        line=m.line_where(r"\bset\(|hash\(|random|shuffle|\{[^:{}]*,[^:{}]*\}")
        or m.line_with("for "),
    )
