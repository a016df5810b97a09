"""Cases of the soft Jaccard loss."""

from functools import partial
from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.segmentation._overlap import (
    mean_of_classes,
    region_losses,
)
from portable_losses.parity.cases.segmentation._shared import (
    EDGES,
    EPSILON,
    LOGIT_EDGES,
    MAP,
    SURE,
    VOID,
    WEIGHTS,
    ids_with_void,
    soft_rows,
    softmax,
)


def jaccard_loss(t: Array, p: Array, log: bool = False, smooth: float = 0.0) -> Any:
    """Intersection over union of fuzzy sets."""
    union = np.maximum(t, p).sum()
    score = (np.minimum(t, p).sum() + smooth) / max(union + smooth, EPSILON)
    return -np.log(max(score, EPSILON)) if log else 1 - score


CASES = (
    Case(
        loss="Jaccard",
        label="soft targets",
        draw=soft_rows,
        reference=region_losses(mean_of_classes(jaccard_loss)),
        edges=EDGES,
    ),
    Case(
        loss="Jaccard",
        label="logits, map",
        config={
            "log": True,
            "activation": "softmax",
            "class_weights": WEIGHTS,
            "ignore_class": VOID,
            "smooth": 1.0,
        },
        draw=ids_with_void,
        reference=region_losses(
            mean_of_classes(
                partial(jaccard_loss, log=True, smooth=1.0), np.array(WEIGHTS)
            ),
            softmax,
        ),
        edges=LOGIT_EDGES,
        wrong=(MAP[1:].clip(0, 2), np.roll(SURE[1:], 1, axis=-1)),
        classes=3,
    ),
)
