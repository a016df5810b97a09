"""Cases of the soft Dice loss."""

from functools import partial
from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.segmentation._overlap import (
    mean_of_classes,
    region_losses,
)
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


def dice_loss(
    t: Array,
    p: Array,
    squared: bool = False,
    log: bool = False,
    log_cosh: bool = False,
    smooth: float = 0.0,
) -> Any:
    """The loss of one class, from its pixels."""
    both, size = np.minimum(t, p).sum(), t.sum() + p.sum()
    if squared:
        both, size = (t * p).sum(), (t**2).sum() + (p**2).sum()
    score = (2 * both + smooth) / max(size + smooth, EPSILON)
    loss = -np.log(max(score, EPSILON)) if log else 1 - score
    return np.log(np.cosh(loss)) if log_cosh else loss


def soft_dice(
    activation: Any = None,
    first: bool = False,
    batch: bool = False,
    background: bool = True,
    weights: Any = None,
    skip: bool = False,
    **options: Any,
) -> Any:
    """Dice by its definition: sample by sample, class by class."""
    item = mean_of_classes(partial(dice_loss, **options), weights, skip)
    return region_losses(item, activation, first, batch, background)


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
