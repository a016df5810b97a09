"""Shared by the cases of the two Lovász losses: the extension by its definition."""

from collections.abc import Callable
from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Pair
from portable_losses.parity.cases.segmentation._shared import VOID


def untied(rng: np.random.Generator, n: int, size: tuple[int, ...]) -> Pair:
    """Class indices and margins x (2 t - 1) of three classes, all different.

    The margins are odd multiples of 1/32, which are exact in half precision. Equal
    errors would be sorted by rounding, and the gradient depends on the order.
    """
    ids = rng.integers(0, 3, (n, *size))
    grid = (2.0 * np.arange(ids.size) - ids.size + 1.0) / 32.0
    margins = np.stack([rng.permutation(grid).reshape(ids.shape) for _ in range(3)], -1)
    return ids, margins


def untied_logits(rng: np.random.Generator, n: int) -> Pair:
    ids, margins = untied(rng, n, (3, 2))
    return ids, margins * (2 * np.eye(3)[ids] - 1)


def jaccard(t: Array, wrong: Array) -> Array:
    """The Jaccard loss for sets of wrong pixels, one set per row of `wrong`.

    It is 0 where nothing is wrong, an empty region included.
    """
    fn, fp = wrong @ t, wrong @ (1 - t)
    union = t.sum() + fp
    return 1 - np.where(union == 0, 1.0, (t.sum() - fn) / np.maximum(union, 1e-300))


def extension(errors: Array, t: Array) -> Any:
    """Berman 2018, equation 8: the Lovász extension of the set function above."""
    order = np.argsort(-errors, kind="stable")
    growing = np.tri(len(t) + 1, len(t), -1)  # no pixel, the first, the first two, ...
    steps = np.diff(jaccard(t[order], growing))
    some = steps > 1e-12  # inf * 0 would be NaN
    return np.sum(errors[order][some] * steps[some])


def lovasz(
    error: Callable[[Array, Array], Array],
    activation: Any = None,
    present: bool = False,
    first: bool = False,
    batch: bool = False,
    background: bool = True,
    weights: Any = None,
) -> Any:
    """The mean over the classes, image by image; NaN if all classes are skipped."""

    def item(t: Array, x: Array) -> Any:
        classes = x.shape[-1]
        x = x.reshape(-1, classes)
        p = x if activation is None else activation(x)
        if t.size == x.size:
            t = t.reshape(-1, classes)
        else:
            known = t.ravel() != VOID
            t, p = np.eye(classes)[t.ravel()[known]], p[known]
        chosen = [c for c in range(classes) if background or c > 0]
        if present:
            chosen = [c for c in chosen if t[:, c].any()]
        if not chosen or not len(t):
            return np.nan
        losses = [extension(error(t[:, c], p[:, c]), t[:, c]) for c in chosen]
        return np.average(losses, weights=None if weights is None else weights[chosen])

    def reference(y_true: Array, y_pred: Array) -> Any:
        x = np.moveaxis(y_pred, 1, -1) if first else y_pred
        if batch:
            return np.nan_to_num(item(y_true, x), posinf=np.inf)
        items = np.array([item(*pair) for pair in zip(y_true, x, strict=True)])
        return np.nan_to_num(items, posinf=np.inf), ~np.isnan(items)

    return reference
