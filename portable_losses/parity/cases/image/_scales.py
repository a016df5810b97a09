"""Shared by the cases of the multi-scale similarities: the similarity at scales."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array
from portable_losses.parity.cases.image._shared import similarity

WEIGHTS = (0.4, 0.6)


def halved(x: Array) -> Array:
    """The means of blocks of 2 x 2 pixels."""
    h, w = (n // 2 for n in x.shape)
    blocks = [
        [x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean() for j in range(w)]
        for i in range(h)
    ]
    return np.array(blocks)


def multi_scale(t: Array, p: Array) -> Any:
    """Wang 2003, equation 7, of one channel, with windows of 2 x 2 pixels."""
    product: Any = 1.0
    for scale, weight in enumerate(WEIGHTS):
        luminance, structure = similarity(t, p, 2)
        if scale == len(WEIGHTS) - 1:
            structure = luminance * structure
        product *= np.maximum(np.mean(structure), 0.0) ** weight
        t, p = halved(t), halved(p)
    return 1 - product
