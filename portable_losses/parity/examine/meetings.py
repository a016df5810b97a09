"""Which samples and columns a loss compares with each other, found by calling it."""

from typing import Any

import numpy as np

from portable_losses.parity.examine.trial import B, C, Trial


def picks(loss: Trial, ids: Any, p: Any) -> bool:
    """Whether class indices select columns, rather than enter as numbers."""
    if not is_about_each(loss, ids, p):
        return False
    before, between = loss.items(ids, p), loss.items(ids + 0.25, p)
    if between is None or np.array_equal(before, between):
        return True
    # Classes are renamed, and their columns with them.
    order = np.roll(np.arange(p.shape[-1]), 1)
    renamed = loss.items(np.argsort(order)[ids], p[:, order])
    return renamed is not None and np.allclose(before, renamed, rtol=1e-5)


def is_about_each(loss: Trial, ids: Any, p: Any) -> bool:
    """Whether a changed class index changes only the item of that sample."""
    before, changed = loss.items(ids, p), ids.copy()
    changed[0] = (ids[0] + 1) % p.shape[-1]
    after = loss.items(changed, p)
    if before is None or after is None or before.shape != (B,):
        return False
    return bool(before[0] != after[0] and np.array_equal(before[1:], after[1:]))


def is_ordinal(loss: Trial, ids: Any, p: Any) -> bool:
    """Whether the value changes if the predictions of two wrong classes are swapped."""
    before, other = loss.items(ids, p), p.copy()
    for i, k in enumerate(ids):
        a, b = [c for c in range(p.shape[-1]) if c != k][:2]
        other[i, [a, b]] = p[i, [b, a]]
    after = loss.items(ids, other)
    if before is None or after is None or before.shape != (B,):
        return False
    return not np.allclose(before, after, rtol=1e-4, equal_nan=True)


def needs_four(loss: Trial) -> bool:
    """Whether the loss needs four columns.

    JAX does not raise for an index out of range, but takes the last column. So three
    columns are also compared with four, where the last one is repeated.
    """
    three = loss.rng.uniform(0, 1, (2, B, 3))
    if not loss.runs(*three):
        return True
    four = np.concatenate([three, three[..., 2:]], axis=-1)
    return bool(np.isclose(loss.total(*three), loss.total(*four), rtol=1e-6))


def is_of_boxes(loss: Trial) -> bool:
    """Whether moving and scaling both boxes leaves the value unchanged."""
    t = np.array([[0.0, 0.0, 1.0, 1.0]] * B)
    near, far = t + 0.1, t + 0.5
    moved = loss.total(t + 2.0, near + 2.0)
    costs = loss.total(t, t), loss.total(t, near), loss.total(t, far)
    larger = loss.total(2.0 * t, 2.0 * near)
    same = np.allclose([moved, larger], costs[1], rtol=1e-3)
    return bool(same and costs[0] < costs[1] < costs[2])


def couples(loss: Trial) -> bool:
    """Whether vectors of different samples are compared with each other.

    This is false for an item that depends on the other samples only through their
    errors, or only through their predictions.
    """
    t, p = loss.rng.normal(size=(2, B, C))
    before = _first(loss, t, p)
    if before is None:
        return False
    s = t.copy()
    s[2:] = loss.rng.normal(size=(B - 2, C))
    q = p.copy()
    q[2:] = loss.rng.normal(size=(B - 2, C))
    moved = [_first(loss, s, p), _first(loss, t, q)]
    step = np.zeros((B, C))
    step[2:] = loss.rng.normal(size=(B - 2, C))
    together = _first(loss, t + step, p + step)
    turn = np.linalg.qr(loss.rng.normal(size=(C, C)))[0]
    turned = _first(loss, t @ turn, p @ turn)
    if None in moved or together is None or turned is None:
        return False
    moves = max(abs((m or 0.0) - before) for m in moved)
    changes = moves > 1e-5 and abs(together - before) > 1e-5
    return bool(changes and abs(turned - before) < 1e-4)


def _first(loss: Trial, t: Any, p: Any) -> float | None:
    """The item of the first sample; None if there are no items."""
    found = loss.items(t, p)
    if found is None or not found.ndim or found.shape[0] < B:
        return None  # a statistic always depends on all samples
    return float(found[0].mean())
