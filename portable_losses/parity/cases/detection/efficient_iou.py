"""Cases of the efficient IoU."""

from typing import Any

import numpy as np

from portable_losses.parity.cases.detection._shared import (
    EPSILON,
    Measures,
    by_corners_and_by_sides,
)


def efficient_iou(m: Measures) -> Any:
    """Zhang 2022, equation 5."""
    width, height = m.hull**2
    distance = np.sum(m.way**2) / max(width + height, EPSILON)
    change = (m.true - m.pred) ** 2
    in_width = change[0] / max(width, EPSILON)
    return 1 - m.iou + distance + in_width + change[1] / max(height, EPSILON)


CASES = by_corners_and_by_sides("EfficientIoU", efficient_iou)
