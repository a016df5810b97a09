"""Faults of a loss as a whole: no gradient, wrong direction, modes that differ."""

import numpy as np

from portable_losses.parity.examine.showing import number
from portable_losses.parity.examine.table import Fault, Table


def dead(table: Table) -> list[Fault]:
    """The gradient is 0 everywhere, or 0 for a confident mistake."""
    found = []
    drawn = [label for label in table.inputs if label not in table.edges]
    for b in table.main:
        gradients = [table.gradients(label).get(b) for label in drawn]
        known = [g for g in gradients if g is not None and np.isfinite(g).all()]
        if known and not any(g.any() for g in known):
            found.append(
                Fault("dead", drawn[0], (b,), "The gradient is zero everywhere")
            )
    if found:
        return found
    for label in table.kind.wrong:
        if label not in table.inputs:
            continue
        t = table.inputs[label][0]
        for b, g in table.gradients(label).items():
            if not np.isfinite(g).all() or not g.size:
                continue
            size = np.abs(g).reshape(len(g), -1)
            floor = 1e-6 * max(float(size.max()), 1.0 / g.size)
            dead = np.flatnonzero(size.max(axis=1) <= floor)
            if t.shape == g.shape and not len(dead):
                yes = np.abs(g)[t > 0.5]
                if yes.size and yes.max() <= floor:
                    dead = np.flatnonzero((t > 0.5).reshape(len(g), -1).any(axis=1))
            if len(dead):
                found.append(
                    Fault(
                        "dead",
                        label,
                        (b,),
                        "The gradient of a confident mistake is zero",
                        int(dead[0]),
                    )
                )
    return found


def direction(table: Table) -> list[Fault]:
    """A right prediction has a higher value than a confident mistake."""
    right = table.kind.right
    if not right or right not in table.inputs:
        return []
    found = []
    for label in (*table.kind.wrong, *table.kind.far):
        cheap, dear = table.values(right), table.values(label)
        where = tuple(
            b
            for b in cheap
            if b in dear
            and np.isfinite(cheap[b])
            and np.isfinite(dear[b])
            and cheap[b] > dear[b] + 1e-6
        )
        if where:
            b = where[0]
            found.append(
                Fault(
                    "direction",
                    label,
                    where,
                    f"A confident mistake costs {number(dear[b])}, and what is right "
                    f"costs {number(cheap[b])}",
                )
            )
    return found


def modes(table: Table) -> list[Fault]:
    """Eager and compiled code disagree."""
    found = []
    for mode, by_backend in table.modes.items():
        for b, facts in by_backend.items():
            for label, fact in facts.items():
                own = table.main.get(b, {}).get(label, {})
                if (
                    not isinstance(fact, dict)
                    or "value" not in fact
                    or "value" not in own
                ):
                    continue
                v, w = float(fact["value"]), float(own["value"])
                g = np.asarray(fact.get("gradient", 0.0), "float64")
                h = np.asarray(own.get("gradient", 0.0), "float64")
                size = max(float(np.abs(h).max(initial=0.0)), 1e-3)
                same = abs(v - w) <= 2e-4 * max(abs(v), abs(w)) + 1e-6
                if not np.isfinite([v, w]).all() or g.shape != h.shape:
                    continue
                if not same or np.abs(g - h).max(initial=0.0) > 5e-3 * size:
                    found.append(
                        Fault(
                            "modes",
                            label,
                            (b,),
                            f"The value is {number(v, 7)} in mode {mode} and "
                            f"{number(w, 7)} otherwise, on {b}",
                        )
                    )
    return found
