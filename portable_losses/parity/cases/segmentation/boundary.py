"""Cases of the boundary loss."""

import numpy as np

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.segmentation._distance import (
    mean_of_terms,
    to_the_other_side,
)
from portable_losses.parity.cases.segmentation._shared import (
    EDGES,
    LOGIT_EDGES,
    MAP,
    SURE,
    VOID,
    WEIGHTS,
    ids_with_void,
    soft_rows,
    softmax,
)


def boundary(t: Array, p: Array, frozen: Array) -> Array:
    """Kervadec 2019, equation 5, with the level set function of the target."""
    inside = t > 0.5
    return p * np.where(inside, -1, 1) * to_the_other_side(inside)


def of_maps(t: Array, p: Array, frozen: Array) -> Array:
    return p * t


def maps(rng: np.random.Generator, n: int) -> Pair:
    return 3 * rng.normal(size=(n, 3, 2, 3)), soft_rows(rng, n)[1]


CASES = (
    Case(
        loss="Boundary",
        label="soft targets",
        draw=soft_rows,
        reference=mean_of_terms(boundary),
        edges=EDGES,
    ),
    Case(
        loss="Boundary",
        label="logits, map",
        config={
            "activation": "softmax",
            "class_weights": WEIGHTS,
            "ignore_class": VOID,
            "include_background": False,
        },
        draw=ids_with_void,
        reference=mean_of_terms(
            boundary, softmax, background=False, weights=np.array(WEIGHTS)
        ),
        edges=LOGIT_EDGES,
        wrong=(MAP[1:].clip(0, 2), np.roll(SURE[1:], 1, axis=-1)),
        classes=3,
    ),
    Case(
        loss="Boundary",
        label="distance maps",
        config={"distance_maps": True},
        draw=maps,
        reference=mean_of_terms(of_maps),
    ),
)
