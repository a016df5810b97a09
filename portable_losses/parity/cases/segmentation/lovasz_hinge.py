"""Cases of the Lovász hinge loss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.segmentation._lovasz import lovasz, untied_logits
from portable_losses.parity.cases.segmentation._shared import (
    INF,
    MAP,
    SURE,
    VOID,
    WEIGHTS,
)


def hinge(t: Array, x: Array) -> Any:
    """Berman 2018, equation 7."""
    return np.maximum(1 - x * (2 * t - 1), 0)


def one_channel(rng: np.random.Generator, n: int) -> Pair:
    ids, x = untied_logits(rng, n)
    return (ids == 0).astype("float64")[..., None], x[..., :1]


def ids_with_void(rng: np.random.Generator, n: int) -> Pair:
    ids, x = untied_logits(rng, n)
    return np.where(rng.uniform(size=ids.shape) < 0.2, VOID, ids), x


def channels_first(rng: np.random.Generator, n: int) -> Pair:
    ids, x = untied_logits(rng, n)
    return ids, x.transpose(0, 3, 1, 2)


MASK = np.array([[[1, 0], [0, 1], [0, 0]], [[0, 0], [0, 0], [0, 0]]])[..., None] * 1.0
SIGN = 2 * MASK - 1
ONE_RIGHT = np.where(np.arange(6).reshape(1, 3, 2, 1) == 2, INF, 0.5) * SIGN
ONE_WRONG = np.where(np.arange(6).reshape(1, 3, 2, 1) == 3, -INF, 0.5) * SIGN


CASES = (
    Case(
        loss="LovaszHinge",
        draw=one_channel,
        reference=lovasz(hinge),
        edges={
            "margin": (MASK, SIGN),
            "zero": (MASK, 0 * SIGN),
            "huge": (MASK, 1e4 * SIGN),
            "hugely wrong": (MASK, -1e4 * SIGN),
            "infinite": (MASK, ONE_RIGHT),
            "infinitely wrong": (MASK, ONE_WRONG),
        },
        wrong=(MASK, -1e4 * SIGN),
    ),
    Case(
        loss="LovaszHinge",
        label="map",
        config={"class_weights": WEIGHTS, "ignore_class": VOID},
        draw=ids_with_void,
        reference=lovasz(hinge, weights=np.array(WEIGHTS)),
        samples=4,
        edges={
            "match": (MAP, SURE),
            "corners": (MAP, -SURE),
            "all void": (np.full_like(MAP, VOID), SURE),
        },
        wrong=(MAP[1:].clip(0, 2), -SURE[1:]),
        classes=3,
    ),
    Case(
        loss="LovaszHinge",
        label="batch, channels first",
        config={
            "per": "batch",
            "include_background": False,
            "data_format": "channels_first",
        },
        kind="statistic",
        draw=channels_first,
        reference=lovasz(hinge, batch=True, first=True, background=False),
        classes=3,
    ),
)
