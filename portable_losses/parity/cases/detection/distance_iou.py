"""Cases of the distance IoU."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Case
from portable_losses.parity.cases.detection._shared import (
    EDGES,
    EPSILON,
    FAR,
    SIDE_EDGES,
    UNIT,
    WHOLE_BOX,
    Measures,
    corners,
    pair_by_pair,
    sides,
)


def distance_iou(m: Measures) -> Any:
    """Zheng 2020, equation 7."""
    return 1 - m.iou + np.sum(m.way**2) / max(np.sum(m.hull**2), EPSILON)


CASES = (
    Case(
        loss="DistanceIoU",
        draw=corners,
        reference=pair_by_pair(distance_iou),
        edges=EDGES,
        wrong=(UNIT[:2], FAR),
        not_applicable={"vector": WHOLE_BOX},
    ),
    Case(
        loss="DistanceIoU",
        label="center_xywh",
        config={"bounding_box_format": "center_xywh"},
        draw=sides,
        reference=pair_by_pair(distance_iou, "center_xywh"),
        edges=SIDE_EDGES,
    ),
)
