"""Advice for a gradient of 0 at probabilities of exactly 0 and 1."""

from typing import Any

import numpy as np

from portable_losses.parity.examine.findings import ADVICE, Finding
from portable_losses.parity.examine.table import Table


def advice(table: Table, m: Any, found: list[Finding]) -> list[Finding]:
    """Advice for a gradient of 0 at probabilities of exactly 0 and 1."""
    where = _at_corners(table)
    if not where or any(f.check in ("dead", "finite") for f in found):
        return []
    return [
        Finding(
            "dead",
            "The gradient of a confident mistake is zero where a probability is "
            f"exactly 0 or 1, on {', '.join(where)}. In float32, sigmoid(17) is 1.",
            "let the loss take logits, with keras.ops.log_sigmoid, softplus or "
            "log_softmax: clip has the gradient 0 beyond its bounds",
            ADVICE,
            tuple(where),
            line=m.line_with("clip(", "log("),
        )
    ]


def _at_corners(table: Table) -> list[str]:
    """The backends with gradient 0 for a confident mistake at exactly 0 or 1."""
    label = "corners, wrong"
    if label not in table.inputs or not table.kind.wrong:
        return []
    t = table.inputs[label][0]
    found = []
    for b, g in table.gradients(label).items():
        if not g.size or not np.isfinite(g).all():
            continue
        size = np.abs(g).reshape(len(g), -1)
        cut = size.max(axis=1) == 0.0
        if t.shape == g.shape and (t > 0.5).any():
            cut |= np.abs(g)[t > 0.5].max() == 0.0
        if cut.any():
            found.append(b)
    return found
