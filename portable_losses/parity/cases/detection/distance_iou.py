"""Cases of the distance IoU."""

from typing import Any

import numpy as np

from portable_losses.parity.cases.detection._shared import (
    EPSILON,
    Measures,
    by_corners_and_by_sides,
)


def distance_iou(m: Measures) -> Any:
    """Zheng 2020, equation 7."""
    return 1 - m.iou + np.sum(m.way**2) / max(np.sum(m.hull**2), EPSILON)


CASES = by_corners_and_by_sides("DistanceIoU", distance_iou)
