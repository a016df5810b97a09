"""Cases of the efficient IoU."""

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


def efficient_iou(m: Measures) -> Any:
    """Zhang 2022, equation 5."""
    width, height = m.hull**2
    distance = np.sum(m.way**2) / max(width + height, EPSILON)
    change = (m.true - m.pred) ** 2
    in_width = change[0] / max(width, EPSILON)
    return 1 - m.iou + distance + in_width + change[1] / max(height, EPSILON)


CASES = (
    Case(
        loss="EfficientIoU",
        draw=corners,
        reference=pair_by_pair(efficient_iou),
        edges=EDGES,
        wrong=(UNIT[:2], FAR),
        not_applicable={"vector": WHOLE_BOX},
    ),
    Case(
        loss="EfficientIoU",
        label="center_xywh",
        config={"bounding_box_format": "center_xywh"},
        draw=sides,
        reference=pair_by_pair(efficient_iou, "center_xywh"),
        edges=SIDE_EDGES,
    ),
)
