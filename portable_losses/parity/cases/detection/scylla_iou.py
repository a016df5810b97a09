"""Cases of the SCYLLA IoU."""

from typing import Any

import numpy as np

from portable_losses.parity.cases.detection._shared import (
    EPSILON,
    Measures,
    by_corners_and_by_sides,
)


def angle_cost(m: Measures) -> Any:
    """Gevorgyan 2022: the angle of the center vector to the nearer axis; 0 if zero."""
    length = np.hypot(*m.way)
    if length == 0:
        return 0.0
    sine = min(abs(m.way[1]) / length, 1.0)
    return 1 - 2 * np.sin(np.arcsin(sine) - np.pi / 4) ** 2


def distance_cost(m: Measures) -> Any:
    gamma = 2 - angle_cost(m)
    rho = m.way**2 / np.maximum(m.hull**2, EPSILON)
    return np.sum(1 - np.exp(-gamma * rho))


def shape_cost(m: Measures) -> Any:
    longer = np.maximum(np.maximum(m.true, m.pred), EPSILON)
    return np.sum((1 - np.exp(-np.abs(m.true - m.pred) / longer)) ** 4)


def scylla_iou(m: Measures) -> Any:
    """Gevorgyan 2022, the box loss, with theta = 4."""
    return 1 - m.iou + (distance_cost(m) + shape_cost(m)) / 2


CASES = by_corners_and_by_sides("ScyllaIoU", scylla_iou)
