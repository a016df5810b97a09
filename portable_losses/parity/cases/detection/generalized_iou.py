"""Cases of the generalized IoU."""

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


def generalized_iou(m: Measures) -> Any:
    """Rezatofighi 2019, algorithm 2."""
    hull = float(np.prod(np.maximum(m.hull, 0)))
    return 1 - (m.iou - (hull - m.union) / max(hull, EPSILON))


CASES = (
    Case(
        loss="GeneralizedIoU",
        draw=corners,
        reference=pair_by_pair(generalized_iou),
        edges=EDGES,
        wrong=(UNIT[:2], FAR),
        not_applicable={"vector": WHOLE_BOX},
    ),
    Case(
        loss="GeneralizedIoU",
        label="center_xywh",
        config={"bounding_box_format": "center_xywh"},
        draw=sides,
        reference=pair_by_pair(generalized_iou, "center_xywh"),
        edges=SIDE_EDGES,
    ),
)
