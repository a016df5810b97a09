"""Cases of the structural similarity."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.image._shared import (
    EDGES,
    SAMPLES,
    WRONG,
    channel_by_channel,
    images,
    similarity,
    volumes_first,
)


def dissimilarity(size: int, value: float = 1.0) -> Any:
    def one(t: Array, p: Array) -> Any:
        luminance, structure = similarity(t, p, size, value)
        return 1 - np.mean(luminance * structure)

    return one


CASES = (
    Case(
        loss="StructuralSimilarity",
        config={"filter_size": 3},
        draw=images,
        reference=channel_by_channel(dissimilarity(3)),
        edges=EDGES,
        wrong=WRONG,
        samples=SAMPLES,
        sampled_gradient=True,
    ),
    Case(
        loss="StructuralSimilarity",
        label="volumes, channels first",
        config={
            "filter_size": 2,
            "max_value": 255.0,
            "data_format": "channels_first",
        },
        draw=volumes_first,
        reference=channel_by_channel(dissimilarity(2, 255.0), first=True),
        samples=SAMPLES,
        sampled_gradient=True,
    ),
)
