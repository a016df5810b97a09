"""Cases of mixtures of normal distributions."""

from typing import Any

import numpy as np
from scipy import special, stats

from portable_losses.parity.case import Array, Case, Pair

COMPONENTS = 3


def mixtures(rng: np.random.Generator, n: int) -> Pair:
    """Targets of width 2; three logits, three means and log-scales of width 2."""
    return rng.normal(size=(n, 2)), rng.normal(size=(n, 3 + 2 * 3 * 2))


def mixture(y_true: Array, y_pred: Array) -> Any:
    """Bishop 1994, one component after the other."""
    y, p = np.asarray(y_true, "float64"), np.asarray(y_pred, "float64")
    k, d = COMPONENTS, y.shape[-1]
    logits, means, log_scales = np.split(p, [k, k + k * d], axis=-1)
    log_w = special.log_softmax(logits, axis=-1)
    joint = []
    for i in range(k):
        at = slice(i * d, (i + 1) * d)
        log_scale = log_scales[..., at]
        # exp(log_scale) is beyond float64 from 710 on, and a density of it is not 0.
        z = (y - means[..., at]) * np.exp(-log_scale)
        density = (stats.norm.logpdf(z) - log_scale).sum(axis=-1)
        joint.append(log_w[..., i] + density)
    return -special.logsumexp(np.stack(joint), axis=0)


Y = np.array([[0.0, 1.0], [2.0, -3.0]])
PLAIN = np.concatenate([np.zeros((2, 3)), np.tile(Y, 3), np.zeros((2, 6))], axis=-1)
FAR = PLAIN + np.array([0, 0, 0, 1e3, 0, 1e4, 0, 900, 0, 0, 0, 0, 0, 0, 0])
SURE = PLAIN + np.array([1e4, 0, -1e4, 0, 0, 1, 0, 0, 1, 0, 0, -9, 9, 3, 3])
OFF = np.where(np.arange(15) == 1, -np.inf, PLAIN + np.arange(15) / 8)

CASES = (
    Case(
        loss="MixtureDensity",
        config={"components": COMPONENTS},
        draw=mixtures,
        reference=mixture,
        edges={
            "exact": (Y, PLAIN),
            "far": (Y, FAR),
            "sure": (Y, SURE),
            "switched off": (Y, OFF),
        },
        wrong=(Y, FAR),
    ),
)
