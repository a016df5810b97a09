"""Cases of the complete IoU."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.detection._shared import (
    EDGES,
    EPSILON,
    FAR,
    SIDE_EDGES,
    UNIT,
    WHOLE_BOX,
    Measures,
    as_corners,
    corners,
    measured,
    pixels,
    sides,
)


def ratio_term(m: Measures) -> Any:
    """Zheng 2020, equation 9: v."""
    true, pred = (np.arctan2(w, h) for w, h in (m.true, m.pred))
    return 4 / np.pi**2 * (true - pred) ** 2


def weight(m: Measures) -> Any:
    """Zheng 2020, equation 11: the weight of v, which is 0 / 0 for equal boxes."""
    v = ratio_term(m)
    return v / (1 - m.iou + v) if v > 0 else 0.0


def complete_iou(form: str = "xyxy") -> Any:
    """Zheng 2020, equation 10; the weight is computed from the constant prediction."""

    def one(m: Measures, frozen: Measures) -> Any:
        distance = np.sum(m.way**2) / max(np.sum(m.hull**2), EPSILON)
        return 1 - m.iou + distance + weight(frozen) * ratio_term(m)

    def reference(y_true: Array, y_pred: Array, frozen: Array) -> Any:
        rows = zip(
            *(as_corners(x, form) for x in (y_true, y_pred, frozen)), strict=True
        )
        items = [one(measured(t, p), measured(t, constant)) for t, p, constant in rows]
        return np.reshape(items, y_true.shape[:-1])

    return reference


CASES = (
    Case(
        loss="CompleteIoU",
        draw=corners,
        reference=complete_iou(),
        edges=EDGES,
        wrong=(UNIT[:2], FAR),
        not_applicable={"vector": WHOLE_BOX},
    ),
    Case(
        loss="CompleteIoU",
        label="pixels, yxyx",
        config={"bounding_box_format": "yxyx"},
        draw=pixels,
        reference=complete_iou("yxyx"),
        not_applicable={"vector": WHOLE_BOX},
    ),
    Case(
        loss="CompleteIoU",
        label="xywh",
        config={"bounding_box_format": "xywh"},
        draw=sides,
        reference=complete_iou("xywh"),
        edges=SIDE_EDGES,
    ),
    Case(
        loss="CompleteIoU",
        label="center_xywh",
        config={"bounding_box_format": "center_xywh"},
        draw=sides,
        reference=complete_iou("center_xywh"),
        edges=SIDE_EDGES,
    ),
)
