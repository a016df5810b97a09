"""Cases of the Lovász-Softmax loss."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.segmentation._lovasz import (
    lovasz,
    untied,
    untied_logits,
)
from portable_losses.parity.cases.segmentation._shared import (
    EDGES,
    INF,
    LOGIT_EDGES,
    MAP,
    SPARE,
    SURE,
    VOID,
    WEIGHTS,
    ids_with_void,
    soft_rows,
    softmax,
)


def distance(t: Array, p: Array) -> Any:
    """Berman 2018, equation 9, for soft targets too."""
    return np.abs(t - p)


def volumes_first(rng: np.random.Generator, n: int) -> Pair:
    """Class indices, and probabilities that do not sum to 1 over the classes."""
    ids, margins = untied(rng, n, (2, 2, 1))
    ids[n // 2] = 0  # only the background: no class is left
    errors = 0.5 + margins / 4
    p = np.where(np.eye(3)[ids] == 1, 1 - errors, errors)
    return ids, p.transpose(0, 4, 1, 2, 3)


# Next to infinite logits, the finite ones have no ties either: whether two equal errors
# stay equal after rounding depends on the backend's sigmoid and softmax.
TARGETS = np.tile(MAP.clip(0, 2), (4, 1, 1))
MARGINS = untied(np.random.default_rng(0), 8, (3, 2))[1]
FINITE = MARGINS * (2 * np.eye(3)[TARGETS] - 1)
CERTAIN = np.where(SPARE, FINITE[:2], INF)
INFINITE = np.stack(
    [np.where(SURE < 0, -INF, CERTAIN)[0], np.where(SPARE, FINITE[:2], -INF)[1]]
)
SATURATED = np.where(
    np.tile(SPARE, (4, 1, 1, 1)), FINITE, np.tile(INF * SURE, (4, 1, 1, 1))
)


CASES = (
    Case(
        loss="LovaszSoftmax",
        label="soft targets",
        draw=soft_rows,
        reference=lovasz(distance, present=True),
        samples=4,
        edges=EDGES,
    ),
    Case(
        loss="LovaszSoftmax",
        label="logits, map",
        config={
            "activation": "softmax",
            "class_weights": WEIGHTS,
            "ignore_class": VOID,
        },
        draw=ids_with_void,
        reference=lovasz(distance, softmax, present=True, weights=np.array(WEIGHTS)),
        samples=4,
        edges={**LOGIT_EDGES, "infinite": (MAP, INFINITE)},
        wrong=(MAP[1:].clip(0, 2), np.roll(SURE[1:], 1, axis=-1)),
        classes=3,
    ),
    Case(
        loss="LovaszSoftmax",
        label="batch, all classes",
        config={
            "per": "batch",
            "classes": "all",
            "activation": "sigmoid",
            "include_background": False,
        },
        kind="statistic",
        draw=untied_logits,
        reference=lovasz(distance, special.expit, batch=True, background=False),
        edges={
            "infinite": (TARGETS, SATURATED),
            "two classes absent": (0 * TARGETS, MARGINS),
        },
        classes=3,
    ),
    Case(
        loss="LovaszSoftmax",
        label="volumes, channels first",
        config={"include_background": False, "data_format": "channels_first"},
        draw=volumes_first,
        reference=lovasz(distance, present=True, first=True, background=False),
        classes=3,
    ),
)
