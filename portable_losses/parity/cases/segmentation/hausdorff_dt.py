"""Cases of the Hausdorff distance loss by distance transforms."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.cases.segmentation._distance import (
    mean_of_terms,
    to_the_other_side,
)
from portable_losses.parity.cases.segmentation._shared import (
    LOGIT_EDGES,
    MAP,
    SURE,
    VOID,
    WEIGHTS,
    ids_with_void,
    softmax,
)


def hausdorff(alpha: float) -> Any:
    """Karimi 2019, equation 8; distances are computed from the constant prediction."""

    def terms(t: Array, p: Array, frozen: Array) -> Array:
        of_t, of_p = (to_the_other_side(x > 0.5) for x in (t, frozen))
        return (p - t) ** 2 * (of_p**alpha + of_t**alpha)

    return terms


def volumes(rng: np.random.Generator, n: int) -> Pair:
    t = rng.integers(0, 2, (n, 2, 3, 2))
    t[n // 2] = 0
    return t, 2 * rng.normal(size=(n, 2, 2, 3, 2))


CASES = (
    Case(
        loss="HausdorffDT",
        label="logits, map",
        config={
            "activation": "softmax",
            "class_weights": WEIGHTS,
            "ignore_class": VOID,
        },
        draw=ids_with_void,
        reference=mean_of_terms(hausdorff(2), softmax, weights=np.array(WEIGHTS)),
        edges=LOGIT_EDGES,
        wrong=(MAP[1:].clip(0, 2), np.roll(SURE[1:], 1, axis=-1)),
        classes=3,
    ),
    Case(
        loss="HausdorffDT",
        label="batch of volumes, channels first",
        config={
            "alpha": 1.5,
            "per": "batch",
            "activation": "sigmoid",
            "data_format": "channels_first",
        },
        kind="statistic",
        draw=volumes,
        reference=mean_of_terms(hausdorff(1.5), special.expit, first=True, batch=True),
        classes=2,
    ),
)
