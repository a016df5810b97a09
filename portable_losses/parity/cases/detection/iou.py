"""Cases of the losses built on the intersection over union."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair

EPSILON = 1e-7


def corners(rng: np.random.Generator, n: int) -> Pair:
    """Boxes of which about a third are disjoint."""

    def boxes() -> Array:
        low = rng.uniform(0, 2, (n, 2))
        return np.concatenate([low, low + rng.uniform(0.3, 2, (n, 2))], axis=-1)

    return boxes(), boxes()


def centers(rng: np.random.Generator, n: int) -> Pair:
    """Two boxes a sample, by center and size."""

    def boxes() -> Array:
        center = rng.uniform(0, 2, (n, 2, 2))
        return np.concatenate([center, rng.uniform(0.3, 2, (n, 2, 2))], axis=-1)

    return boxes(), boxes()


def generalized_iou(center: bool = False) -> Any:
    """Rezatofighi 2019, algorithm 2, pair after pair."""

    def one(t: Array, p: Array) -> Any:
        areas, sides = [], []
        for low, high in ((t[:2], t[2:]), (p[:2], p[2:])):
            sides.append((low, high))
            areas.append(np.prod(np.maximum(high - low, 0)))
        (a, b), (c, d) = sides
        both = np.prod(np.maximum(np.minimum(b, d) - np.maximum(a, c), 0))
        hull = np.prod(np.maximum(np.maximum(b, d) - np.minimum(a, c), 0))
        union = sum(areas) - both
        iou = both / max(union, EPSILON)
        return 1 - (iou - (hull - union) / max(hull, EPSILON))

    def reference(y_true: Array, y_pred: Array) -> Any:
        if center:
            y_true, y_pred = (
                np.concatenate(
                    [x[..., :2] - x[..., 2:] / 2, x[..., :2] + x[..., 2:] / 2], -1
                )
                for x in (y_true, y_pred)
            )
        items = [
            one(t, p)
            for t, p in zip(y_true.reshape(-1, 4), y_pred.reshape(-1, 4), strict=True)
        ]
        return np.reshape(items, y_true.shape[:-1])

    return reference


UNIT = np.array([[0.0, 0.0, 1.0, 1.0]] * 6)
OTHERS = np.array(
    [
        [0.0, 0.0, 1.0, 1.0],  # the same
        [1.0, 0.0, 2.0, 1.0],  # touches a side
        [0.25, 0.25, 0.25, 0.75],  # inside, without width
        [2.0, 2.0, 2.0, 2.0],  # a point outside
        [0.75, 0.75, 0.25, 0.25],  # inside out
        [0.0, 0.25, 0.5, 0.5],  # inside, at a side
    ]
)
FAR = UNIT[:2] + np.array([[100.0, 0.0, 100.0, 0.0], [-3.0, 5.0, -3.0, 5.0]])
WHOLE_BOX = "a box has four numbers"


CASES = (
    Case(
        loss="GeneralizedIoU",
        draw=corners,
        reference=generalized_iou(),
        edges={
            "pairs": (UNIT, OTHERS),
            "points": (OTHERS[3:4], OTHERS[3:4]),
            "small": (1e-3 * UNIT, 1e-3 * OTHERS),
        },
        wrong=(UNIT[:2], FAR),
        not_applicable={"vector": WHOLE_BOX},
    ),
    Case(
        loss="GeneralizedIoU",
        label="center_xywh",
        config={"bounding_box_format": "center_xywh"},
        draw=centers,
        reference=generalized_iou(center=True),
        edges={
            "match": (UNIT[:2].reshape(1, 2, 4), UNIT[:2].reshape(1, 2, 4)),
            "no size": (UNIT[:2].reshape(1, 2, 4), 0 * UNIT[:2].reshape(1, 2, 4)),
        },
    ),
)
