"""Shared by the cases of the classification losses: inputs, log-probabilities."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Pair
from portable_losses.parity.cases._shared import log_softmax_of_logits

EPSILON = 1e-7  # Keras's clip of probabilities
WEIGHTS = (0.5, 2.0, 1.0, 1.5)


def binary_logits(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 2, (n, 4)).astype("float64"), 2 * rng.normal(size=(n, 4))


def binary_probabilities(rng: np.random.Generator, n: int) -> Pair:
    t, x = binary_logits(rng, n)
    return t, special.expit(x)


def one_hot_logits(rng: np.random.Generator, n: int) -> Pair:
    return np.eye(4)[rng.integers(0, 4, n)], 2 * rng.normal(size=(n, 4))


def soft_probabilities(rng: np.random.Generator, n: int) -> Pair:
    return rng.dirichlet(np.ones(4), n), rng.dirichlet(np.ones(4), n)


def ids_logits(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 4, n), 2 * rng.normal(size=(n, 4))


def ids_probabilities(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 4, n), rng.dirichlet(np.ones(4), n)


HUGE = np.array([[1e4, -1e4, 0.0, 30.0], [-200.0, 200.0, 1e4, -1e4]])
HUGE_BINARY: Pair = (np.array([[0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]]), HUGE)
HUGE_ROWS: Pair = (np.array([[0.0, 1.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]]), HUGE)
HUGE_IDS: Pair = (np.array([1, 0]), HUGE)
CORNERS = np.array([[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]])
WRONG_BINARY: Pair = (
    np.array([[1.0], [0.0]]) * np.ones(4),
    np.array([[-200.0], [200.0]]) * np.ones(4),
)
WRONG_LOGITS = np.array([[-200.0, 200.0, 0.0, 0.0], [1e4, 0.0, 0.0, -1e4]])
WRONG_ROWS: Pair = (
    np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]),
    WRONG_LOGITS,
)
WRONG_IDS: Pair = (np.array([0, 3]), WRONG_LOGITS)
MANY_CLASSES: Pair = (np.array([257, 299]), np.sin(np.arange(600.0)).reshape(2, 300))


INF = float("inf")
MASKED = np.array([[1, -INF, 0.5, 2], [-INF, 0.3, -INF, 1], [3, 1, INF, -INF]])
IMPOSSIBLE = np.array([[-INF, 1, 0.5, 2], [INF, 0.3, 0.2, 1], [-INF] * 4])
MASKED_IDS: Pair = (np.array([0, 1, 2]), MASKED)
IMPOSSIBLE_IDS: Pair = (np.array([0, 1, 2]), IMPOSSIBLE)
MASKED_ROWS: Pair = (np.eye(4)[:3], MASKED)
IMPOSSIBLE_ROWS: Pair = (np.eye(4)[:3], IMPOSSIBLE)
SHARED: Pair = (np.array([[0.5, 0.5, 0, 0], [0, 1, 0, 0]]), MASKED[:2])
MASKED_BINARY: Pair = (
    np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0]]),
    np.array([[INF, -INF, 0.5, -2], [-INF, INF, INF, 1]]),
)
IMPOSSIBLE_BINARY: Pair = (MASKED_BINARY[0], -MASKED_BINARY[1])
SOFT_BINARY: Pair = (np.array([[0.3, 0.7, 0.5, 0.5]]), MASKED_BINARY[1][:1])
BINARY_EDGES = {"masked": MASKED_BINARY, "impossible": IMPOSSIBLE_BINARY}
BINARY_EDGES |= {"infinite, soft": SOFT_BINARY}
ID_EDGES = {"masked": MASKED_IDS, "impossible": IMPOSSIBLE_IDS}
ROW_EDGES = {"masked": MASKED_ROWS, "impossible": IMPOSSIBLE_ROWS, "shared": SHARED}


def times(weight: Any, cost: Any) -> Any:
    """`weight * cost`, and 0 where the weight is 0, also if the cost is infinite."""
    weight, cost = np.broadcast_arrays(weight, cost)
    return np.where(weight == 0, 0.0, weight * np.where(weight == 0, 0.0, cost))


def log_sigmoids(x: Array, from_logits: bool) -> tuple[Array, Array]:
    """log p and log(1 - p), in float64."""
    if from_logits:
        return special.log_expit(x), special.log_expit(-x)
    low, high = EPSILON, 1 - EPSILON
    return np.log(np.clip(x, low, high)), np.log(np.clip(1 - x, low, high))


def log_softmax(x: Array, from_logits: bool) -> Array:
    if from_logits:
        return log_softmax_of_logits(x)
    total = x.sum(axis=-1, keepdims=True)
    p = np.divide(x, total, out=np.zeros_like(x), where=total != 0)
    return np.log(np.clip(p, EPSILON, 1 - EPSILON))


def counting_first(draw: Any) -> Any:
    """Class indices of which the first is 0, so that not all samples are ignored."""

    def drawn(rng: np.random.Generator, n: int) -> Pair:
        t, x = draw(rng, n)
        t[0] = 0
        return t, x

    return drawn


def without(void: int, items: Any) -> Any:
    """The items of a reference, without those of an ignored class index."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        return items(np.where(y_true == void, 0, y_true), y_pred), y_true != void

    return reference


def crossentropy(from_logits: bool, smoothing: float = 0.0, weights: Any = 1.0) -> Any:
    """The categorical negative log-likelihood, for dense labels or class indices."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        t = t * (1 - smoothing) + smoothing / classes
        terms = times(np.asarray(weights) * t, log_softmax(y_pred, from_logits))
        return -np.sum(terms, axis=-1)

    return reference


def binary_focal(
    from_logits: bool,
    gamma: float = 2.0,
    alpha: float | None = None,
    smoothing: float = 0.0,
    positive: Any = 1.0,
) -> Any:
    """Lin 2017: (1 - p_t)^gamma times the Bernoulli negative log-likelihood."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        t = y_true * (1 - smoothing) + smoothing / 2
        log_p, log_q = log_sigmoids(y_pred, from_logits)
        if from_logits:
            not_p_t = t * special.expit(-y_pred) + (1 - t) * special.expit(y_pred)
        else:
            not_p_t = t * (1 - y_pred) + (1 - t) * y_pred
        balance = 1.0 if alpha is None else alpha * t + (1 - alpha) * (1 - t)
        likelihood = times(positive * t, log_p) + times(1 - t, log_q)
        return -np.mean(times(balance * not_p_t**gamma, likelihood), axis=-1)

    return reference


def focal(
    from_logits: bool,
    gamma: float = 2.0,
    alpha: Any = 0.25,
    smoothing: float = 0.0,
    weights: Any = 1.0,
) -> Any:
    """Lin 2017 over the softmax, for dense labels or class indices."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        t = t * (1 - smoothing) + smoothing / classes
        log_p = log_softmax(y_pred, from_logits)
        scale = np.asarray(weights) * np.asarray(alpha)
        cost = times((-np.expm1(log_p)) ** gamma, log_p)
        return -np.sum(times(scale * t, cost), axis=-1)

    return reference


def soft_logits(rng: np.random.Generator, n: int) -> Pair:
    return rng.random((n, 4)), 2 * rng.normal(size=(n, 4))
