"""Shared by the cases of the image losses: inputs, and the structural similarity."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from portable_losses.parity.case import Array, Pair

SAMPLES = 3


def images(
    rng: np.random.Generator, n: int, space: tuple[int, ...] = (5, 4), channels: int = 2
) -> Pair:
    """Images in [0, 1], and noisy copies of them."""
    t = rng.uniform(0.1, 0.9, (n, *space, channels))
    return t, t + 0.15 * rng.normal(size=t.shape)


def volumes_first(rng: np.random.Generator, n: int) -> Pair:
    """Volumes of values from 0 to 255, with the channels first."""
    t, p = images(rng, n, (3, 3, 4))
    return 255 * np.moveaxis(t, -1, 1), 255 * np.moveaxis(p, -1, 1)


RNG = np.random.default_rng(7)
IMAGE = RNG.uniform(0.2, 0.8, (1, 5, 4, 2))
CHECKERS = 0.25 + 0.5 * (np.indices((5, 4)).sum(axis=0) % 2)[None, :, :, None]
CHECKERS = np.repeat(CHECKERS, 2, axis=-1)
EDGES: dict[str, Pair] = {
    "match": (IMAGE, IMAGE),
    "near": (IMAGE, IMAGE + 1e-3 * RNG.normal(size=IMAGE.shape)),
    "constant": (0 * IMAGE + 0.3, 0 * IMAGE + 0.5),
    "opposite": (CHECKERS, 1 - CHECKERS),
}
WRONG: Pair = (IMAGE, 1.1 - IMAGE)


def similarity(
    t: Array, p: Array, size: int, value: float = 1.0, sigma: float = 1.5
) -> tuple[Array, Array]:
    """Wang 2004: l, equation 6, and cs, 9 and 10 with c3 = c2 / 2, window by window.

    Of one channel, at each place at which the window is within it.
    """
    c1, c2 = (0.01 * value) ** 2, (0.03 * value) ** 2
    shape = (size,) * t.ndim
    place = np.indices(shape) - (size - 1) / 2
    window = np.exp(-np.sum(place**2, axis=0) / (2 * sigma**2))
    window /= window.sum()
    axes = tuple(range(t.ndim, 2 * t.ndim))
    x, y = sliding_window_view(t, shape), sliding_window_view(p, shape)

    def mean(z: Array) -> Array:
        return np.asarray(np.sum(window * z, axis=axes))

    def less_mean(z: Array) -> Array:
        return np.asarray(z - np.expand_dims(mean(z), axes))

    a, b = mean(x), mean(y)
    x, y = less_mean(x), less_mean(y)
    luminance = (2 * a * b + c1) / (a**2 + b**2 + c1)
    structure = (2 * mean(x * y) + c2) / (mean(x * x) + mean(y * y) + c2)
    return luminance, structure


def channel_by_channel(one: Any, first: bool = False) -> Any:
    """A reference that is the mean over the channels of each sample."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        pair = tuple(np.asarray(y, "float64") for y in (y_true, y_pred))
        if not first:
            pair = tuple(np.moveaxis(y, -1, 1) for y in pair)
        samples = zip(*pair, strict=True)
        return np.array(
            [np.mean([one(*c) for c in zip(t, p, strict=True)]) for t, p in samples]
        )

    return reference
