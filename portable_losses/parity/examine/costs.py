"""How the loss changes with the prediction, found by calling it."""

from typing import Any

import numpy as np

from portable_losses.parity.examine.trial import B, C, Trial

SCALES = (-4.0, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0)
"""Moderate logits, at which losses that overflow or take log(0) are still finite."""


def is_of_cosines(loss: Trial, t: Any, onehot: Any) -> bool:
    """Whether predictions beyond -1 and 1 give the same value as -1 and 1."""
    away = loss.rng.uniform(0.1, 2.0, onehot.shape)
    towards = 2.0 * onehot - 1.0
    for sign in (1.0, -1.0):
        at = loss.total(t, sign * towards)
        if not np.isclose(at, loss.total(t, sign * towards * (1 + away))):
            return False
    noise = loss.rng.uniform(-0.1, 0.1, onehot.shape)
    inside = [loss.total(t, s + noise) for s in (-0.8, -0.3, 0.3, 0.8)]
    return bool(np.isfinite(inside).all() and np.abs(np.diff(inside)).min() > 1e-6)


def takes_logits(loss: Trial, t: Any, shape: tuple[int, ...] = (B, C)) -> bool:
    """Whether adding a number to all logits of a sample leaves the value unchanged."""
    p = loss.rng.normal(size=shape)
    a, b = loss.total(t, p), loss.total(t, p + 3.0)
    return bool(np.isclose(a, b, rtol=1e-4) and abs(a) > 1e-9)


def is_least_at_match(loss: Trial, shape: tuple[int, ...]) -> bool:
    """Whether the value at an exact match is lower, or higher, than near it."""
    t = 1.0 + np.abs(loss.rng.normal(size=shape))
    step = loss.rng.uniform(0.5, 0.9, shape)
    signs = loss.rng.choice([-1.0, 1.0], size=shape)
    at = loss.total(t, t)
    beside = np.array([loss.total(t, t + s * step) for s in (1.0, -1.0, signs, -signs)])
    return bool((beside > at).all() or (beside < at).all())


def is_of_logarithms(loss: Trial, shape: tuple[int, ...]) -> bool:
    """Whether the value is smallest where the prediction is the log of a count."""
    for count in (3.0, 5.0):
        t, q = np.full(shape, count), np.full(shape, np.log(count))
        at = loss.total(t, q)
        if not at < min(loss.total(t, q + 0.1), loss.total(t, q - 0.1)):
            return False
    return True


def clips(loss: Trial, t: Any, shape: tuple[int, ...]) -> bool:
    """Whether the value is constant for predictions above 1, and for those below 0."""
    steps = loss.rng.uniform(0.0, 3.0, (2, *shape))
    if np.isclose(loss.total(t, steps[0] / 4), loss.total(t, steps[1] / 4)):
        return False

    def above(x: Any) -> Any:
        return 1.5 + x

    def below(x: Any) -> Any:
        return -0.5 - x

    return all(
        np.isclose(loss.total(t, side(steps[0])), loss.total(t, side(steps[1])))
        for side in (above, below)
    )


def is_additive(loss: Trial, t: Any, shape: tuple[int, ...]) -> bool:
    """Whether the value is a sum of one term per column."""
    p, (one, other) = loss.rng.normal(size=shape), np.zeros((2, *shape))
    one[..., 0] = other[..., 1] = 2.0
    steps = [loss.total(t, p + step) for step in (0.0, one, other, one + other)]
    return bool(np.isclose(steps[3] - steps[1], steps[2] - steps[0], rtol=1e-3))


def is_product(loss: Trial, t: Any, shape: tuple[int, ...]) -> bool:
    """Whether the value is linear in the prediction."""
    p = loss.rng.normal(size=shape)
    zero, one, far = (loss.total(t, s * p) for s in (0.0, 1.0, -7.0))
    return bool(np.isclose(far - zero, -7.0 * (one - zero), rtol=1e-4))


def is_monotone(loss: Trial, t: Any, onehot: Any) -> int:
    """-1 if the value never rises while the prediction moves towards the target.

    1 if it never falls, as where a sign is missing; 0 otherwise. Values that are
    infinite or NaN far from 0 are ignored.
    """
    towards = 2.0 * onehot - 1.0
    # The logits towards the target stop at 2: with label smoothing, the value rises
    # again for larger ones.
    costs = [loss.total(t, s * towards) for s in (-20.0, *SCALES)]
    near = np.array(costs[1:])
    if not np.isfinite(near).all() or abs(near[0] - near[-1]) < 1e-3:
        return 0
    sign = 1 if near[-1] > near[0] else -1
    known = sign * np.array([c for c in costs if np.isfinite(c)])
    return sign if (np.diff(known) >= -1e-6).all() else 0
