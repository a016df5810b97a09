"""Cases of the soft Dice loss."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.segmentation._shared import (
    EDGES,
    EPSILON,
    LOGIT_EDGES,
    MAP,
    SATURATED,
    SURE,
    VOID,
    WEIGHTS,
    ids_logits,
    ids_with_void,
    soft_rows,
    softmax,
    volumes_first,
)


def class_dice(
    t: Array,
    p: Array,
    squared: bool = False,
    log: bool = False,
    log_cosh: bool = False,
    smooth: float = 0.0,
    complement: bool = True,
) -> Any:
    """The loss of one class, from its pixels."""
    if complement and not t.any():
        t, p = 1 - t, 1 - p
    both, size = np.minimum(t, p).sum(), t.sum() + p.sum()
    if squared:
        both, size = (t * p).sum(), (t**2).sum() + (p**2).sum()
    score = (2 * both + smooth) / max(size + smooth, EPSILON)
    loss = -np.log(max(score, EPSILON)) if log else 1 - score
    return np.log(np.cosh(loss)) if log_cosh else loss


def region_dice(
    t: Array,
    p: Array,
    weights: Any = None,
    background: bool = True,
    skip: bool = False,
    **options: Any,
) -> Any:
    """Mean over the classes of `(pixels, classes)`; NaN where none counts."""
    chosen = [c for c in range(p.shape[-1]) if background or c > 0]
    if skip:
        chosen = [c for c in chosen if t[:, c].any()]
    if not chosen or not len(t):
        return np.nan
    losses = [class_dice(t[:, c], p[:, c], **options) for c in chosen]
    return np.average(losses, weights=None if weights is None else weights[chosen])


def soft_dice(
    activation: Any = None, first: bool = False, batch: bool = False, **options: Any
) -> Any:
    """Dice by its definition: sample by sample, class by class."""

    def item(t: Array, p: Array) -> Any:
        classes = p.shape[-1]
        p = p.reshape(-1, classes)
        p = p if activation is None else activation(p)
        if t.size == p.size:
            return region_dice(t.reshape(-1, classes), p, **options)
        known = t.ravel() != VOID
        return region_dice(np.eye(classes)[t.ravel()[known]], p[known], **options)

    def reference(y_true: Array, y_pred: Array) -> Any:
        p = np.moveaxis(y_pred, 1, -1) if first else y_pred
        if batch:
            return np.nan_to_num(item(y_true, p))
        items = np.array([item(*pair) for pair in zip(y_true, p, strict=True)])
        return np.nan_to_num(items), ~np.isnan(items)

    return reference


CASES = (
    Case(
        loss="SoftDice",
        label="soft targets",
        draw=soft_rows,
        reference=soft_dice(),
        edges=EDGES,
    ),
    Case(
        loss="SoftDice",
        label="logits, map",
        config={
            "activation": "softmax",
            "class_weights": WEIGHTS,
            "ignore_class": VOID,
            "smooth": 1.0,
        },
        draw=ids_with_void,
        reference=soft_dice(softmax, weights=np.array(WEIGHTS), smooth=1.0),
        edges=LOGIT_EDGES,
        wrong=(MAP[1:].clip(0, 2), np.roll(SURE[1:], 1, axis=-1)),
        classes=3,
    ),
    Case(
        loss="SoftDice",
        label="batch",
        config={
            "per": "batch",
            "squared": True,
            "log_cosh": True,
            "activation": "sigmoid",
            "include_background": False,
        },
        kind="statistic",
        draw=ids_logits,
        reference=soft_dice(
            special.expit, batch=True, squared=True, log_cosh=True, background=False
        ),
        edges={"infinite": (np.tile(MAP.clip(0, 2), (4, 1, 1)), SATURATED)},
        classes=3,
    ),
    Case(
        loss="SoftDice",
        label="volumes, channels first",
        config={
            "log": True,
            "empty": "skip",
            "include_background": False,
            "data_format": "channels_first",
        },
        draw=volumes_first,
        reference=soft_dice(first=True, log=True, skip=True, background=False),
        classes=3,
    ),
)
