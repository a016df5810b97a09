"""Cases of the intersection over union."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from portable_losses.parity.case import Case, Pair
from portable_losses.parity.cases.detection._shared import (
    EDGES,
    EPSILON,
    SIDE_EDGES,
    UNIT,
    WHOLE_BOX,
    Measures,
    corners,
    pair_by_pair,
    pixels,
    sides,
)


def meeting(draw: Callable[[np.random.Generator, int], Pair]) -> Any:
    """Draw boxes that overlap; disjoint boxes have gradient 0, see the edges."""

    def drawn(rng: np.random.Generator, n: int) -> Pair:
        t, p = draw(rng, n)
        return t, 0.9 * t + 0.1 * p

    return drawn


def linear(m: Measures) -> Any:
    return 1 - m.iou


def log(m: Measures) -> Any:
    """Yu 2016, equation 3."""
    return -math.log(max(m.iou, EPSILON))


def quadratic(m: Measures) -> Any:
    return 1 - m.iou**2


# Boxes that hardly overlap; disjoint boxes have gradient 0.
CORNER = UNIT[:2] + 0.95


CASES = (
    Case(
        loss="BoxIoU",
        draw=meeting(corners),
        reference=pair_by_pair(linear),
        edges=EDGES,
        wrong=(UNIT[:2], CORNER),
        not_applicable={"vector": WHOLE_BOX},
    ),
    Case(
        loss="BoxIoU",
        label="log, pixels",
        config={"mode": "log", "bounding_box_format": "yxyx"},
        draw=meeting(pixels),
        reference=pair_by_pair(log, "yxyx"),
        edges=EDGES,
        wrong=(UNIT[:2], CORNER),
        not_applicable={"vector": WHOLE_BOX},
    ),
    Case(
        loss="BoxIoU",
        label="quadratic, xywh",
        config={"mode": "quadratic", "bounding_box_format": "xywh"},
        draw=meeting(sides),
        reference=pair_by_pair(quadratic, "xywh"),
        edges=SIDE_EDGES,
    ),
)
