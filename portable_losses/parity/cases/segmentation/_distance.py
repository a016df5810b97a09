"""Shared by the cases of the losses by distance: distances by brute force, a mean."""

from collections.abc import Callable
from typing import Any

import numpy as np

from portable_losses.parity.case import Array
from portable_losses.parity.cases.segmentation._shared import VOID

Terms = Callable[[Array, Array, Array], Array]
"""The term of each pixel, from target, prediction, and prediction as a constant."""


def to_the_other_side(mask: Array) -> Array:
    """The distance of each pixel to the nearest one inside, or outside if it is in."""
    if mask.all() or not mask.any():
        return np.zeros(mask.shape)
    places, inside = np.argwhere(np.ones(mask.shape)), mask.ravel()
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1)
    gaps[inside[:, None] == inside[None]] = np.inf
    nearest: Array = gaps.min(1).reshape(mask.shape)
    return nearest


def mean_of_terms(
    terms: Terms,
    activation: Any = None,
    first: bool = False,
    batch: bool = False,
    background: bool = True,
    weights: Any = None,
) -> Any:
    """The mean over pixels and then classes, image by image; NaN without a pixel."""

    def image(t: Array, x: Array, frozen: Array) -> Array:
        p, q = (z if activation is None else activation(z) for z in (x, frozen))
        known = np.ones(x.shape[:-1], bool)
        if t.shape != x.shape:
            known = t != VOID
            t = np.eye(x.shape[-1])[np.where(known, t, 0)]
        t, p, q = (np.where(known[..., None], z, 0.0) for z in (t, p, q))
        found = [
            terms(t[..., c], p[..., c], q[..., c])[known]
            for c in range(0 if background else 1, x.shape[-1])
        ]
        return np.stack(found, axis=-1)

    def mean(pixels: Array) -> Any:
        if not len(pixels):
            return np.nan
        w = None if weights is None else weights[-pixels.shape[-1] :]
        return np.average(pixels.mean(0), weights=w)

    def reference(y_true: Array, y_pred: Array, frozen: Array) -> Any:
        x, q = (np.moveaxis(z, 1, -1) if first else z for z in (y_pred, frozen))
        images = [image(*each) for each in zip(y_true, x, q, strict=True)]
        if batch:
            return np.nan_to_num(mean(np.concatenate(images)))
        items = np.array([mean(each) for each in images])
        return np.nan_to_num(items), ~np.isnan(items)

    return reference
