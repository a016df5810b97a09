"""Cases of the soft Tversky loss."""

from functools import partial

import numpy as np

from portable_losses.parity.case import Case
from portable_losses.parity.cases.segmentation._overlap import (
    mean_of_classes,
    region_losses,
    tversky_loss,
)
from portable_losses.parity.cases.segmentation._shared import (
    EDGES,
    LOGIT_EDGES,
    MAP,
    SURE,
    VOID,
    WEIGHTS,
    ids_with_void,
    soft_rows,
    softmax,
)

CASES = (
    Case(
        loss="SoftTversky",
        label="soft targets",
        config={"alpha": 0.1, "beta": 0.9},
        draw=soft_rows,
        reference=region_losses(
            mean_of_classes(partial(tversky_loss, alpha=0.1, beta=0.9))
        ),
        edges=EDGES,
    ),
    Case(
        loss="SoftTversky",
        label="logits, map",
        config={
            "alpha": 0.7,
            "beta": 0.4,
            "activation": "softmax",
            "class_weights": WEIGHTS,
            "ignore_class": VOID,
            "smooth": 1.0,
        },
        draw=ids_with_void,
        reference=region_losses(
            mean_of_classes(
                partial(tversky_loss, alpha=0.7, beta=0.4, smooth=1.0),
                np.array(WEIGHTS),
            ),
            softmax,
        ),
        edges=LOGIT_EDGES,
        wrong=(MAP[1:].clip(0, 2), np.roll(SURE[1:], 1, axis=-1)),
        classes=3,
    ),
)
