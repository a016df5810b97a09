"""Cases of the proxy-anchor loss."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.metric._shared import (
    COSINE_EDGES,
    EXACT_COSINES,
    WRONG_COSINES,
    cosines,
)


def proxy_anchor(margin: float, scale: float) -> Any:
    """Kim 2020, equation 4."""

    def log_one_plus(weights: Array, exponents: Array) -> Any:
        """log(1 + sum over samples), for each proxy: the 1 is one more sample."""
        one = np.ones((1, weights.shape[1]))
        b, x = np.concatenate([weights, one]), np.concatenate([exponents, 0 * one])
        return special.logsumexp(x, b=b, axis=0)

    def reference(y_true: Array, y_pred: Array) -> float:
        t = np.eye(y_pred.shape[-1])[y_true] if y_true.ndim == 1 else y_true
        far = log_one_plus(t, -scale * (y_pred - margin))
        near = log_one_plus(1 - t, scale * (y_pred + margin))
        return float(np.mean(far[t.any(axis=0)]) + np.mean(near))

    return reference


CASES = (
    Case(
        loss="ProxyAnchor",
        kind="statistic",
        draw=cosines,
        reference=proxy_anchor(0.1, 32.0),
        edges=COSINE_EDGES,
        wrong=WRONG_COSINES,
        classes=4,
        exact=EXACT_COSINES,
    ),
)
