"""Cases of the generalized IoU."""

from typing import Any

import numpy as np

from portable_losses.parity.cases.detection._shared import (
    EPSILON,
    Measures,
    by_corners_and_by_sides,
)


def generalized_iou(m: Measures) -> Any:
    """Rezatofighi 2019, algorithm 2."""
    hull = float(np.prod(np.maximum(m.hull, 0)))
    return 1 - (m.iou - (hull - m.union) / max(hull, EPSILON))


CASES = by_corners_and_by_sides("GeneralizedIoU", generalized_iou)
