"""Cases of the generalized Dice loss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.segmentation._overlap import region_losses
from portable_losses.parity.cases.segmentation._shared import (
    EDGES,
    EPSILON,
    LOGIT_EDGES,
    MAP,
    SURE,
    VOID,
    WEIGHTS,
    ids_logits,
    ids_with_void,
    soft_rows,
    softmax,
)


def generalized(
    power: int, weights: Any = None, skip: bool = False, smooth: float = 0.0
) -> Any:
    """Sudre 2017, section 2.1; an absent class by its complement, or skipped."""

    def item(t: Array, p: Array) -> Any:
        importance = np.ones(p.shape[-1]) if weights is None else np.array(weights)
        importance = importance / importance.mean()
        both, size = smooth, smooth
        counted = False
        for c, factor in enumerate(importance):
            r, q = t[:, c], p[:, c]
            if not r.any():
                if skip:
                    continue
                r, q = 1 - r, 1 - q
            counted = True
            w = factor / r.sum() ** power
            both += 2 * w * np.minimum(r, q).sum()
            size += w * (r.sum() + q.sum())
        return 1 - both / max(size, EPSILON) if counted else np.nan

    return item


CASES = (
    Case(
        loss="GeneralizedDice",
        label="soft targets",
        draw=soft_rows,
        reference=region_losses(generalized(2)),
        edges=EDGES,
    ),
    Case(
        loss="GeneralizedDice",
        label="logits, map",
        config={
            "weighting": "simple",
            "activation": "softmax",
            "class_weights": WEIGHTS,
            "ignore_class": VOID,
            "smooth": 0.5,
        },
        draw=ids_with_void,
        reference=region_losses(generalized(1, WEIGHTS, smooth=0.5), softmax),
        edges=LOGIT_EDGES,
        wrong=(MAP[1:].clip(0, 2), np.roll(SURE[1:], 1, axis=-1)),
        classes=3,
    ),
    Case(
        loss="GeneralizedDice",
        label="batch",
        config={
            "weighting": "uniform",
            "per": "batch",
            "empty": "skip",
            "activation": "softmax",
            "include_background": False,
        },
        kind="statistic",
        draw=ids_logits,
        reference=region_losses(
            generalized(0, skip=True), softmax, batch=True, background=False
        ),
        edges={
            "nothing to score": (
                np.zeros((8, 3, 2), "int64"),
                np.tile(SURE, (4, 1, 1, 1)),
            )
        },
        classes=3,
    ),
)
