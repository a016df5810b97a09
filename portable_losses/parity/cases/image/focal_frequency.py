"""Cases of the focal frequency loss."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.image._shared import (
    EDGES,
    IMAGE,
    SAMPLES,
    WRONG,
    images,
)


def spectrum(x: Array) -> Any:
    """The orthonormal transform of one channel, by its definition."""

    def waves(n: int) -> Array:
        k = np.arange(n)
        return np.exp(-2j * np.pi * np.outer(k, k) / n) / np.sqrt(n)

    return waves(x.shape[0]) @ x @ waves(x.shape[1])


def focal(alpha: float, log: bool) -> Any:
    """Jiang 2021, equation 8; the weights are computed from the constant prediction."""

    def one(t: Array, p: Array, frozen: Array) -> Any:
        w = np.abs(spectrum(t) - spectrum(frozen)) ** alpha
        if log:
            w = np.log(w + 1)
        if w.max() > 0:
            w = w / w.max()
        return np.mean(w * np.abs(spectrum(t) - spectrum(p)) ** 2)

    def reference(y_true: Array, y_pred: Array, frozen: Array) -> Any:
        return np.array(
            [
                np.mean([one(t[..., c], p[..., c], f[..., c]) for c in range(2)])
                for t, p, f in zip(y_true, y_pred, frozen, strict=True)
            ]
        )

    return reference


HALF_EQUAL = IMAGE + np.array([0.0, 0.1])

CASES = (
    Case(
        loss="FocalFrequency",
        config={"alpha": 1.5},
        draw=images,
        reference=focal(1.5, log=False),
        edges={**EDGES, "one channel equal": (IMAGE, HALF_EQUAL)},
        wrong=WRONG,
        samples=SAMPLES,
        sampled_gradient=True,
    ),
    Case(
        loss="FocalFrequency",
        label="logarithms",
        config={"log_matrix": True},
        draw=images,
        reference=focal(1.0, log=True),
        edges={"match": EDGES["match"]},
        samples=SAMPLES,
        sampled_gradient=True,
    ),
)
