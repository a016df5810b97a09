"""Cases of the unified focal loss."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases._shared import log_softmax_of_logits
from portable_losses.parity.cases.segmentation._overlap import (
    region_losses,
    tversky_loss,
)
from portable_losses.parity.cases.segmentation._shared import (
    EDGES,
    EPSILON,
    LOGIT_EDGES,
    MAP,
    SURE,
    VOID,
    WEIGHTS,
    ids_with_void,
    soft_rows,
)


def one_channel_first(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 2, (n, 3, 2)), 2 * rng.normal(size=(n, 1, 3, 2))


def with_background(t: Array, x: Array) -> Pair:
    return np.concatenate([1 - t, t], -1), np.concatenate([-x, x], -1)


def log_of_clipped(p: Array) -> Array:
    return np.log(np.clip(p, EPSILON, 1))


def unified(
    log_of: Any,
    weight: float = 0.5,
    delta: float = 0.6,
    gamma: float = 0.5,
    asymmetric: bool = True,
    weights: Any = None,
    two: bool = False,
) -> Any:
    """Yeung 2021, by the authors' code, for any number of classes."""

    def item(t: Array, x: Array) -> Any:
        if two:
            t, x = with_background(t, x)
        log_p = log_of(x)
        p = x if log_of is log_of_clipped else np.exp(log_p)
        share = np.ones(p.shape[-1]) if weights is None else np.array(weights)
        share = share / share.mean()
        focal = 0.0
        overlaps = []
        for c in range(p.shape[-1]):
            some = t[:, c] > 0
            cost = -t[some, c] * log_p[some, c] * (1 - delta if c == 0 else delta)
            if c == 0 or not asymmetric:
                cost = cost * np.clip(1 - p[some, c], 0, 1) ** gamma
            focal += share[c] * cost.sum() / len(t)
            sign, shift = (1, 0) if some.any() else (-1, 1)
            r, q = shift + sign * t[:, c], shift + sign * p[:, c]
            overlap = max(tversky_loss(r, q, alpha=1 - delta, beta=delta), 0)
            plain = c == 0 and asymmetric
            overlaps.append(overlap if plain else overlap ** (1 - gamma))
        mean = np.average(overlaps, weights=share)
        return (1 - weight) * focal + weight * mean

    return item


CASES = (
    Case(
        loss="UnifiedFocal",
        label="soft targets",
        draw=soft_rows,
        reference=region_losses(unified(log_of_clipped)),
        edges=EDGES,
    ),
    Case(
        loss="UnifiedFocal",
        label="logits, map",
        config={
            "weight": 0.3,
            "activation": "softmax",
            "class_weights": WEIGHTS,
            "ignore_class": VOID,
        },
        draw=ids_with_void,
        reference=region_losses(
            unified(log_softmax_of_logits, weight=0.3, weights=WEIGHTS)
        ),
        edges={**LOGIT_EDGES, "hugely wrong": (MAP, -3e3 * SURE)},
        wrong=(MAP[1:].clip(0, 2), -3e3 * SURE[1:]),
        classes=3,
    ),
    Case(
        loss="UnifiedFocal",
        label="one channel, batch",
        config={
            "delta": 0.7,
            "gamma": 0.25,
            "asymmetric": False,
            "per": "batch",
            "activation": "sigmoid",
            "data_format": "channels_first",
        },
        kind="statistic",
        draw=one_channel_first,
        reference=region_losses(
            unified(special.log_expit, 0.5, 0.7, 0.25, False, two=True),
            first=True,
            batch=True,
        ),
    ),
)
