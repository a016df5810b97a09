"""How a loss differs from the reference that the user gives."""

import numpy as np

from portable_losses.parity.examine.showing import number
from portable_losses.parity.examine.table import Table

CLOSE = 1e-4
"""Relative spread below which the factors of all inputs count as equal."""


def remedy_of(table: Table, reference: str) -> str:
    """What the differences from the reference tell about the formula."""
    ours, theirs = [], []
    for label in table.inputs:
        wanted = table.wanted(label)
        if wanted is None or label in table.edges:
            continue
        for value in table.values(label).values():
            ours.append(value)
            theirs.append(float(wanted["value"]))
    a, b = np.array(ours), np.array(theirs)
    where = f"hold the formula against {reference}, term by term, at this input"
    if len(a) and np.isfinite([a, b]).all() and np.abs(b).min() > 1e-9:
        factors, offsets = a / b, a - b
        if np.ptp(factors) <= CLOSE * np.abs(factors).max():
            return (
                f"the loss is {number(float(factors.mean()), 4)} times the reference "
                f"at every drawn input: look for a sum in place of a mean, or a factor "
                f"too many; else {where}"
            )
        if np.ptp(offsets) <= CLOSE * max(1.0, float(np.abs(a).max())):
            return (
                f"the loss is the reference and {number(float(offsets.mean()), 4)} at "
                f"every drawn input: look for a constant; else {where}"
            )
    return f"{where}: the weights, the constants, and the axis of each mean"
