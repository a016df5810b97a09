"""Cases of the mix of MS-SSIM and the absolute error."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.image._scales import WEIGHTS, multi_scale
from portable_losses.parity.cases.image._shared import (
    EDGES,
    SAMPLES,
    WRONG,
    channel_by_channel,
    images,
)

ALPHA, SIGMA = 0.6, 0.4


def filtered(x: Array) -> Array:
    """A Gaussian around each pixel in turn, cut at 4 SIGMA, of sum 1 in the image."""
    result = np.empty_like(x)
    for place in np.ndindex(*x.shape):
        offset = np.indices(x.shape) - np.reshape(place, (-1, 1, 1))
        weights = np.exp(-np.sum(offset**2, axis=0) / (2 * SIGMA**2))
        weights[np.abs(offset).max(axis=0) > round(4 * SIGMA)] = 0
        result[place] = np.sum(weights * x) / np.sum(weights)
    return result


def mixed(t: Array, p: Array) -> Any:
    """Zhao 2017, equation 14, of one channel."""
    absolute = np.mean(filtered(np.abs(p - t)))
    return ALPHA * multi_scale(t, p) + (1 - ALPHA) * absolute


CASES = (
    Case(
        loss="MixedStructuralSimilarity",
        config={
            "filter_size": 2,
            "weights": WEIGHTS,
            "alpha": ALPHA,
            "l1_sigma": SIGMA,
        },
        draw=images,
        reference=channel_by_channel(mixed),
        edges=EDGES,
        wrong=WRONG,
        samples=SAMPLES,
        sampled_gradient=True,
    ),
)
