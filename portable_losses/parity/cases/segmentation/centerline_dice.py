"""Cases of the centerline Dice loss."""

from typing import Any

import numpy as np
from scipy import ndimage

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.segmentation._lovasz import untied_logits
from portable_losses.parity.cases.segmentation._shared import (
    MAP,
    SURE,
    VOID,
    WEIGHTS,
    softmax,
)
from portable_losses.parity.cases.segmentation.dice import dice_loss


def skeleton(x: Array, iterations: int) -> Array:
    """Shit 2021, algorithm 1, with the filters of SciPy."""
    cross = ndimage.generate_binary_structure(x.ndim, 1)

    def eroded(x: Array) -> Any:
        return ndimage.minimum_filter(x, footprint=cross, mode="nearest")

    def opened(x: Array) -> Any:
        return ndimage.maximum_filter(eroded(x), size=3, mode="nearest")

    found = np.maximum(x - opened(x), 0)
    for _ in range(iterations):
        x = eroded(x)
        found = found + (1 - found) * np.maximum(x - opened(x), 0)
    return found


def class_loss(t: Array, p: Array, known: Array, iterations: int, weight: float) -> Any:
    """Shit 2021, algorithm 2, with the Dice loss, of one class."""
    t, p = t * known, p * known
    of_t, of_p = skeleton(t, iterations), skeleton(p, iterations)
    precision = ((of_p * t).sum() + 1) / (of_p.sum() + 1)
    recall = ((of_t * p).sum() + 1) / (of_t.sum() + 1)
    pair = (t[known], p[known]) if t.any() else (1 - t[known], 1 - p[known])
    lines = 1 - 2 * precision * recall / (precision + recall)
    return (1 - weight) * dice_loss(*pair, smooth=1.0) + weight * lines


def centerline(
    iterations: int, weight: float, activation: Any = None, weights: Any = None
) -> Any:
    def item(t: Array, x: Array) -> Any:
        known = t != VOID if t.ndim < x.ndim else np.ones(x.shape[:-1], "bool")
        if not known.any():
            return np.nan
        p = x if activation is None else activation(x)
        if t.ndim < x.ndim:
            t = np.eye(x.shape[-1])[np.where(known, t, 0)]
        losses = [
            class_loss(t[..., c], p[..., c], known, iterations, weight)
            for c in range(x.shape[-1])
        ]
        return np.average(losses, weights=weights)

    def reference(y_true: Array, y_pred: Array) -> Any:
        items = np.array([item(*pair) for pair in zip(y_true, y_pred, strict=True)])
        return np.nan_to_num(items), ~np.isnan(items)

    return reference


def lines(rng: np.random.Generator, n: int) -> Pair:
    """Masks, and predictions that are all different, in half precision too."""
    t = rng.uniform(size=(n, 5, 6, 1)) < 0.4
    grid = (2.0 * np.arange(64) + 1.0) / 128.0
    p = np.stack([rng.permutation(grid)[:30] for _ in range(n)])
    return t.astype("float64"), p.reshape(n, 5, 6, 1)


def with_void(rng: np.random.Generator, n: int) -> Pair:
    ids, x = untied_logits(rng, n)
    return np.where(rng.uniform(size=ids.shape) < 0.2, VOID, ids), x / 8.0


THIN = np.zeros((2, 5, 6, 1))
THIN[0, 2, :], THIN[1, :, 1:4] = 1.0, 1.0
# No ties between pixels: at a tie of minima and maxima the gradient is shared between
# the pixels, and one-sided differences of one pixel do not bound its share.
UNTIED = lines(np.random.default_rng(0), 2)[1]

CASES = (
    Case(
        loss="CenterlineDice",
        samples=4,
        draw=lines,
        reference=centerline(3, 0.5),
        edges={
            "match": (THIN, THIN),
            "empty": (0 * THIN, 0 * THIN),
            "nothing": (THIN, 0 * THIN),
            "absent": (0 * THIN, UNTIED),
        },
        wrong=(THIN, 0.9 - 0.8 * THIN),
    ),
    Case(
        loss="CenterlineDice",
        samples=4,
        label="logits, map",
        config={
            "iterations": 1,
            "weight": 0.8,
            "activation": "softmax",
            "class_weights": WEIGHTS,
            "ignore_class": VOID,
        },
        draw=with_void,
        reference=centerline(1, 0.8, softmax, WEIGHTS),
        edges={"all void": (np.full_like(MAP, VOID), SURE)},
        classes=3,
    ),
)
