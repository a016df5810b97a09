"""Cases of the soft Dice loss."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases._shared import log_softmax_of_logits
from portable_losses.parity.cases.segmentation._shared import EPSILON, ROWS, soft_rows

VOID = 255
WEIGHTS = (0.5, 2.0, 1.0)


def ids_logits(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 3, (n, 3, 2)), 2 * rng.normal(size=(n, 3, 2, 3))


def ids_with_void(rng: np.random.Generator, n: int) -> Pair:
    t, p = ids_logits(rng, n)
    return np.where(rng.uniform(size=t.shape) < 0.2, VOID, t), p


def volumes_first(rng: np.random.Generator, n: int) -> Pair:
    t = rng.integers(0, 3, (n, 2, 2, 1))
    t[n // 2] = 0  # only the background: no class is left
    return t, rng.dirichlet(np.full(3, 2.0), (n, 2, 2, 1)).transpose(0, 4, 1, 2, 3)


SHARED = np.array([[[0.5, 0.25, 0.25]] * 2] * 3)
MAP = np.array([[[0, 0], [0, 0], [0, 0]], [[2, 1], [1, 0], [VOID, 2]]])
SURE = 3.0 * (2 * np.eye(3)[np.where(MAP == VOID, 0, MAP)] - 1)
SPARE = np.arange(36).reshape(2, 3, 2, 3) % 5 > 1
INF = float("inf")
EDGES: dict[str, Pair] = {
    "match": (ROWS, ROWS),
    "corners": (ROWS, np.roll(ROWS, 1, axis=-1)),
    "nothing": (ROWS, 0 * ROWS),
    "everything": (ROWS, 0 * ROWS + 1),
    "soft match": (np.stack([SHARED, ROWS[0]]), np.stack([SHARED, ROWS[1]])),
}
CERTAIN = np.where(SPARE, 0.5, INF)
NOTHING = np.where(SPARE, SURE, -INF)
SATURATED = np.tile(np.where(SPARE, SURE, INF * SURE), (4, 1, 1, 1))
LOGIT_EDGES: dict[str, Pair] = {
    "huge": (MAP, 3e3 * SURE),
    # Certain pixels, masked classes, and pixels without any.
    "infinite": (MAP, np.stack([np.where(SURE < 0, -INF, CERTAIN)[0], NOTHING[1]])),
    "all void": (np.full_like(MAP, VOID), SURE),
}


def class_dice(
    t: Array,
    p: Array,
    squared: bool = False,
    log: bool = False,
    log_cosh: bool = False,
    smooth: float = 0.0,
    complement: bool = True,
) -> Any:
    """The loss of one class, from its pixels."""
    if complement and not t.any():
        t, p = 1 - t, 1 - p
    both, size = np.minimum(t, p).sum(), t.sum() + p.sum()
    if squared:
        both, size = (t * p).sum(), (t**2).sum() + (p**2).sum()
    score = (2 * both + smooth) / max(size + smooth, EPSILON)
    loss = -np.log(max(score, EPSILON)) if log else 1 - score
    return np.log(np.cosh(loss)) if log_cosh else loss


def region_dice(
    t: Array,
    p: Array,
    weights: Any = None,
    background: bool = True,
    skip: bool = False,
    **options: Any,
) -> Any:
    """Mean over the classes of `(pixels, classes)`; NaN where none counts."""
    chosen = [c for c in range(p.shape[-1]) if background or c > 0]
    if skip:
        chosen = [c for c in chosen if t[:, c].any()]
    if not chosen or not len(t):
        return np.nan
    losses = [class_dice(t[:, c], p[:, c], **options) for c in chosen]
    return np.average(losses, weights=None if weights is None else weights[chosen])


def soft_dice(
    activation: Any = None, first: bool = False, batch: bool = False, **options: Any
) -> Any:
    """Dice by its definition: sample by sample, class by class."""

    def item(t: Array, p: Array) -> Any:
        classes = p.shape[-1]
        p = p.reshape(-1, classes)
        p = p if activation is None else activation(p)
        if t.size == p.size:
            return region_dice(t.reshape(-1, classes), p, **options)
        known = t.ravel() != VOID
        return region_dice(np.eye(classes)[t.ravel()[known]], p[known], **options)

    def reference(y_true: Array, y_pred: Array) -> Any:
        p = np.moveaxis(y_pred, 1, -1) if first else y_pred
        if batch:
            return np.nan_to_num(item(y_true, p))
        items = np.array([item(*pair) for pair in zip(y_true, p, strict=True)])
        return np.nan_to_num(items), ~np.isnan(items)

    return reference


def softmax(x: Array) -> Any:
    return np.exp(log_softmax_of_logits(x))


CASES = (
    Case(
        loss="SoftDice",
        label="soft targets",
        draw=soft_rows,
        reference=soft_dice(),
        edges=EDGES,
    ),
    Case(
        loss="SoftDice",
        label="logits, map",
        config={
            "activation": "softmax",
            "class_weights": WEIGHTS,
            "ignore_class": VOID,
            "smooth": 1.0,
        },
        draw=ids_with_void,
        reference=soft_dice(softmax, weights=np.array(WEIGHTS), smooth=1.0),
        edges=LOGIT_EDGES,
        wrong=(MAP[1:].clip(0, 2), np.roll(SURE[1:], 1, axis=-1)),
        classes=3,
    ),
    Case(
        loss="SoftDice",
        label="batch",
        config={
            "per": "batch",
            "squared": True,
            "log_cosh": True,
            "activation": "sigmoid",
            "include_background": False,
        },
        kind="statistic",
        draw=ids_logits,
        reference=soft_dice(
            special.expit, batch=True, squared=True, log_cosh=True, background=False
        ),
        edges={"infinite": (np.tile(MAP.clip(0, 2), (4, 1, 1)), SATURATED)},
        classes=3,
    ),
    Case(
        loss="SoftDice",
        label="volumes, channels first",
        config={
            "log": True,
            "empty": "skip",
            "include_background": False,
            "data_format": "channels_first",
        },
        draw=volumes_first,
        reference=soft_dice(first=True, log=True, skip=True, background=False),
        classes=3,
    ),
)
