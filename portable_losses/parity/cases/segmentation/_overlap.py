"""Shared by the cases of the overlap losses: regions, sample by sample."""

from collections.abc import Callable
from typing import Any

import numpy as np

from portable_losses.parity.case import Array
from portable_losses.parity.cases.segmentation._shared import EPSILON, VOID


def region_losses(
    item: Callable[[Array, Array], Any],
    activation: Any = None,
    first: bool = False,
    batch: bool = False,
    background: bool = True,
) -> Any:
    """`item` of the pixels that are not ignored, `(pixels, classes)`, per sample.

    It may return NaN if all classes are skipped.
    """

    def one(t: Array, x: Array) -> Any:
        classes = x.shape[-1]
        p = x.reshape(-1, classes)
        p = p if activation is None else activation(p)
        if t.size == x.size:
            t = t.reshape(-1, classes)
        else:
            known = t.ravel() != VOID
            t, p = np.eye(classes)[t.ravel()[known]], p[known]
        if not background:
            t, p = t[:, 1:], p[:, 1:]
        return item(t, p) if len(t) else np.nan

    def reference(y_true: Array, y_pred: Array) -> Any:
        x = np.moveaxis(y_pred, 1, -1) if first else y_pred
        if batch:
            return np.nan_to_num(one(y_true, x))
        items = np.array([one(*pair) for pair in zip(y_true, x, strict=True)])
        return np.nan_to_num(items, posinf=np.inf), ~np.isnan(items)

    return reference


def mean_of_classes(
    class_loss: Callable[[Array, Array], Any],
    weights: Any = None,
    skip: bool = False,
) -> Callable[[Array, Array], Any]:
    """The mean of `class_loss`, a function of the pixels of one class.

    A class without a target pixel is skipped, or scored by its complement.
    """

    def item(t: Array, p: Array) -> Any:
        chosen = [c for c in range(p.shape[-1]) if t[:, c].any() or not skip]
        if not chosen:
            return np.nan
        losses = []
        for c in chosen:
            pair = t[:, c], p[:, c]
            losses.append(
                class_loss(*(pair if pair[0].any() else (1 - x for x in pair)))
            )
        return np.average(losses, weights=None if weights is None else weights[chosen])

    return item


def tversky_loss(
    t: Array, p: Array, alpha: float, beta: float, smooth: float = 0.0
) -> Any:
    """Salehi 2017, equation 3, with the fuzzy intersection of soft targets."""
    hit = np.minimum(t, p).sum()
    invented = np.maximum(p - t, 0).sum()
    missed = np.maximum(t - p, 0).sum()
    size = hit + alpha * invented + beta * missed + smooth
    return 1 - (hit + smooth) / max(size, EPSILON)
