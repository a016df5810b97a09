"""Shared by the cases of the box losses: inputs, and a pair of boxes measured."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from portable_losses.parity.case import Array, Case, Pair

EPSILON = 1e-7
WHOLE_BOX = "a box has four numbers"


def corners(rng: np.random.Generator, n: int) -> Pair:
    """Boxes of which about a third are disjoint."""

    def boxes() -> Array:
        low = rng.uniform(0, 2, (n, 2))
        return np.concatenate([low, low + rng.uniform(0.3, 2, (n, 2))], axis=-1)

    return boxes(), boxes()


def sides(rng: np.random.Generator, n: int) -> Pair:
    """Two boxes a sample, by a corner or the center, and by width and height."""

    def boxes() -> Array:
        center = rng.uniform(0, 2, (n, 2, 2))
        return np.concatenate([center, rng.uniform(0.3, 2, (n, 2, 2))], axis=-1)

    return boxes(), boxes()


def pixels(rng: np.random.Generator, n: int) -> Pair:
    """Corners of boxes in an image of 1e4 pixels a side."""

    def boxes() -> Array:
        low = rng.uniform(0, 6e3, (n, 2))
        return np.concatenate([low, low + rng.uniform(1e3, 4e3, (n, 2))], axis=-1)

    return boxes(), boxes()


UNIT = np.array([[0.0, 0.0, 1.0, 1.0]] * 6)
OTHERS = np.array(
    [
        [0.0, 0.0, 1.0, 1.0],  # the same
        [1.0, 0.0, 2.0, 1.0],  # touches one side
        [0.25, 0.25, 0.25, 0.75],  # inside, without width
        [2.0, 2.0, 2.0, 2.0],  # a point outside
        [0.75, 0.75, 0.25, 0.25],  # right < left and bottom < top
        [0.0, 0.25, 0.5, 0.5],  # inside, at a side
    ]
)
FAR = UNIT[:2] + np.array([[100.0, 0.0, 100.0, 0.0], [-3.0, 5.0, -3.0, 5.0]])
EDGES: dict[str, Pair] = {
    "pairs": (UNIT, OTHERS),
    "points": (OTHERS[3:4], OTHERS[3:4]),
    "small": (1e-3 * UNIT, 1e-3 * OTHERS),
    "far from the origin": (9e3 + 90 * UNIT, 9e3 + 90 * OTHERS),
}
# Boxes by width and height, two boxes per sample.
PLACE = 9e3 * np.array([1.0, 1.0, 0.0, 0.0])
SIDE_EDGES: dict[str, Pair] = {
    "match": (UNIT[:2].reshape(1, 2, 4), UNIT[:2].reshape(1, 2, 4)),
    "no size": (UNIT[:2].reshape(1, 2, 4), 0 * UNIT[:2].reshape(1, 2, 4)),
    "far from the origin": (
        (PLACE + 90 * UNIT[:2]).reshape(1, 2, 4),
        (PLACE + 90 * np.array([[0.1, 0.2, 0.8, 0.9], [1.5, 0.3, 0.7, 0.6]])).reshape(
            1, 2, 4
        ),
    ),
}


class Measures(NamedTuple):
    """A pair of boxes, measured."""

    iou: float
    union: float
    hull: Array
    """Width and height of the smallest enclosing box."""
    way: Array
    """From center to center, along x and y."""
    true: Array
    """Width and height."""
    pred: Array


def measured(t: Array, p: Array) -> Measures:
    """Measure two boxes (left, top, right, bottom)."""
    (a, b), (c, d) = (t[:2], t[2:]), (p[:2], p[2:])
    true, pred = np.maximum(b - a, 0.0) + 0.0, np.maximum(d - c, 0.0) + 0.0
    both = np.prod(np.maximum(np.minimum(b, d) - np.maximum(a, c), 0))
    union = np.prod(true) + np.prod(pred) - both
    return Measures(
        both / max(union, EPSILON),
        union,
        np.maximum(b, d) - np.minimum(a, c),
        (c + d) / 2 - (a + b) / 2,
        true,
        pred,
    )


def as_corners(boxes: Array, form: str) -> Array:
    """Boxes of a format as left, top, right, bottom, one after the other."""
    first, second = boxes.reshape(-1, 4)[:, :2], boxes.reshape(-1, 4)[:, 2:]
    if form == "yxyx":
        first, second = first[:, ::-1], second[:, ::-1]
    if form == "center_xywh":
        first = first - second / 2
    if form in ("xywh", "center_xywh"):
        second = first + second
    return np.concatenate([first, second], axis=-1)


def pair_by_pair(
    one: Callable[[Measures], Any], form: str = "xyxy"
) -> Callable[[Array, Array], Any]:
    """A reference, from the loss of a pair that was measured."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        pairs = zip(as_corners(y_true, form), as_corners(y_pred, form), strict=True)
        return np.reshape([one(measured(*pair)) for pair in pairs], y_true.shape[:-1])

    return reference


def by_corners_and_by_sides(
    loss: str, one: Callable[[Measures], Any]
) -> tuple[Case, ...]:
    """The cases of a loss without a mode: by two corners, and by center and sides."""
    return (
        Case(
            loss=loss,
            draw=corners,
            reference=pair_by_pair(one),
            edges=EDGES,
            wrong=(UNIT[:2], FAR),
            not_applicable={"vector": WHOLE_BOX},
        ),
        Case(
            loss=loss,
            label="center_xywh",
            config={"bounding_box_format": "center_xywh"},
            draw=sides,
            reference=pair_by_pair(one, "center_xywh"),
            edges=SIDE_EDGES,
        ),
    )
