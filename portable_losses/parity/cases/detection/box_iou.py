"""Cases of the intersection over union."""

import math
from typing import Any

from portable_losses.parity.case import Case
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


def linear(m: Measures) -> Any:
    return 1 - m.iou


def log(m: Measures) -> Any:
    """Yu 2016, equation 3."""
    return -math.log(max(m.iou, EPSILON))


def quadratic(m: Measures) -> Any:
    return 1 - m.iou**2


# Boxes that hardly meet; those that do not meet at all have no gradient.
CORNER = UNIT[:2] + 0.95


CASES = (
    Case(
        loss="BoxIoU",
        draw=corners,
        reference=pair_by_pair(linear),
        edges=EDGES,
        wrong=(UNIT[:2], CORNER),
        not_applicable={"vector": WHOLE_BOX},
    ),
    Case(
        loss="BoxIoU",
        label="log, pixels",
        config={"mode": "log", "bounding_box_format": "yxyx"},
        draw=pixels,
        reference=pair_by_pair(log, "yxyx"),
        edges=EDGES,
        wrong=(UNIT[:2], CORNER),
        not_applicable={"vector": WHOLE_BOX},
    ),
    Case(
        loss="BoxIoU",
        label="quadratic, xywh",
        config={"mode": "quadratic", "bounding_box_format": "xywh"},
        draw=sides,
        reference=pair_by_pair(quadratic, "xywh"),
        edges=SIDE_EDGES,
    ),
)
