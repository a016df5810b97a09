"""Cases of the classification losses."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.case import Array, Case, Pair

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


def soft_logits(rng: np.random.Generator, n: int) -> Pair:
    return rng.random((n, 4)), 2 * rng.normal(size=(n, 4))


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
    """A weight of 0 makes an infinite cost 0."""
    weight, cost = np.broadcast_arrays(weight, cost)
    return np.where(weight == 0, 0.0, weight * np.where(weight == 0, 0.0, cost))


def log_softmax_of_logits(x: Array) -> Any:
    """What the logits tend to: all of it for inf, nothing where all are -inf."""
    certain = x == INF
    count = certain.sum(axis=-1, keepdims=True)
    finite = np.where(count > 0, np.where(certain, 0.0, -INF), x)
    return np.where(
        (x == -INF).all(axis=-1, keepdims=True),
        -INF,
        special.log_softmax(finite, axis=-1),
    )


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


def binary_crossentropy(
    from_logits: bool, smoothing: float = 0.0, positive: Any = 1.0
) -> Any:
    """The Bernoulli negative log-likelihood."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        t = y_true * (1 - smoothing) + smoothing / 2
        log_p, log_q = log_sigmoids(y_pred, from_logits)
        return -np.mean(times(positive * t, log_p) + times(1 - t, log_q), axis=-1)

    return reference


def counting_first(draw: Any) -> Any:
    """Ids of which the first is 0, where others may be left out."""

    def drawn(rng: np.random.Generator, n: int) -> Pair:
        t, x = draw(rng, n)
        t[0] = 0
        return t, x

    return drawn


def without(void: int, items: Any) -> Any:
    """The items of a reference, without those of an id that does not count."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        return items(np.where(y_true == void, 0, y_true), y_pred), y_true != void

    return reference


def crossentropy(from_logits: bool, smoothing: float = 0.0, weights: Any = 1.0) -> Any:
    """The categorical negative log-likelihood, for rows or ids."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        t = t * (1 - smoothing) + smoothing / classes
        terms = times(np.asarray(weights) * t, log_softmax(y_pred, from_logits))
        return -np.sum(terms, axis=-1)

    return reference


def signs(y: Array) -> Array:
    """Labels 0 and 1 as -1 and 1."""
    return np.where(y == 0, -1.0, y)


def hinge(power: int, weights: Any = 1.0, positive: Any = 1.0) -> Any:
    """The shortfall from a margin of 1, to a power."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        y = signs(y_true)
        w = np.asarray(weights) * np.where(y > 0, np.asarray(positive), 1.0)
        return np.mean(w * np.maximum(0, 1 - y * y_pred) ** power, axis=-1)

    return reference


def categorical_hinge(weights: Any = (1.0, 1.0, 1.0, 1.0)) -> Any:
    """Keras's form: the right class enters the maximum of the wrong ones as 0."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        y, rows = np.argmax(y_true, axis=-1), np.arange(len(y_true))
        wrong = y_pred.copy()
        wrong[rows, y] = 0
        margin = y_pred[rows, y] - wrong.max(axis=-1)
        return np.asarray(weights)[y] * np.maximum(0, 1 - margin)

    return reference


def signed_logits(rng: np.random.Generator, n: int) -> Pair:
    t, x = binary_logits(rng, n)
    return 2 * t - 1, x


ON_THE_MARGIN: Pair = (CORNERS, np.array([[-1.0, 1.0, 0.0, -1.0], [1.0, 0.5, -2, -1]]))
TIED: Pair = (CORNERS, np.array([[2.0, 1.0, 2.0, 0.0], [1.0, 0.0, -1.0, -2.0]]))


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
    """Lin 2017 over the softmax, for rows or ids."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        t = t * (1 - smoothing) + smoothing / classes
        log_p = log_softmax(y_pred, from_logits)
        scale = np.asarray(weights) * np.asarray(alpha)
        cost = times((-np.expm1(log_p)) ** gamma, log_p)
        return -np.sum(times(scale * t, cost), axis=-1)

    return reference


def generalized(q: float, from_logits: bool, weights: Any = 1.0) -> Any:
    """Zhang 2018: (1 - p^q) / q of the class, for rows or ids."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        classes = y_pred.shape[-1]
        t = y_true if y_true.ndim == y_pred.ndim else np.eye(classes)[y_true]
        p = np.maximum(y_pred, 0)
        if from_logits:
            p = np.exp(log_softmax_of_logits(y_pred))
        return np.sum(np.asarray(weights) * t * (1 - p**q) / q, axis=-1)

    return reference


def kl_divergence(from_logits: bool, weights: Any = 1.0) -> Any:
    """Kullback and Leibler 1951; of probabilities within Keras's clip."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        t = y_true if from_logits else np.clip(y_true, EPSILON, 1)
        log_p = np.log(np.clip(y_pred, EPSILON, 1))
        if from_logits:
            log_p = log_softmax_of_logits(y_pred)
        terms = special.xlogy(t, t) - times(t, log_p)
        return np.sum(times(weights, terms), axis=-1)

    return reference


CASES = (
    Case(
        loss="BinaryCrossentropy",
        label="logits",
        config={"from_logits": True},
        draw=binary_logits,
        reference=binary_crossentropy(True),
        edges={
            **BINARY_EDGES,
            "huge": HUGE_BINARY,
            "zero": (CORNERS, np.zeros((2, 4))),
        },
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="BinaryCrossentropy",
        label="probabilities",
        config={"label_smoothing": 0.1},
        draw=binary_probabilities,
        reference=binary_crossentropy(False, smoothing=0.1),
        edges={"corners": (CORNERS, CORNERS[::-1])},
    ),
    Case(
        loss="BinaryCrossentropy",
        label="pos_weight",
        config={"from_logits": True, "pos_weight": WEIGHTS},
        draw=binary_logits,
        reference=binary_crossentropy(True, positive=WEIGHTS),
        edges={**BINARY_EDGES, "huge": HUGE_BINARY},
        wrong=WRONG_BINARY,
        not_applicable={"vector": "one weight per column needs four columns"},
    ),
    Case(
        loss="CategoricalCrossentropy",
        label="logits",
        config={"from_logits": True, "label_smoothing": 0.1},
        draw=one_hot_logits,
        reference=crossentropy(True, smoothing=0.1),
        edges={**ROW_EDGES, "huge": HUGE_ROWS},
        wrong=WRONG_ROWS,
    ),
    Case(
        loss="CategoricalCrossentropy",
        label="weights",
        config={"from_logits": True, "class_weights": (0.0, *WEIGHTS[1:])},
        draw=one_hot_logits,
        reference=crossentropy(True, weights=(0.0, *WEIGHTS[1:])),
        edges=ROW_EDGES,
        not_applicable={"vector": "one weight per class needs four classes"},
    ),
    Case(
        loss="CategoricalCrossentropy",
        label="probabilities",
        draw=soft_probabilities,
        reference=crossentropy(False),
        edges={
            "corners": (CORNERS, CORNERS[::-1]),
            "zero row": (CORNERS, np.zeros((2, 4))),
        },
    ),
    Case(
        loss="SparseCategoricalCrossentropy",
        label="logits",
        config={"from_logits": True},
        draw=ids_logits,
        reference=crossentropy(True),
        edges={**ID_EDGES, "huge": HUGE_IDS},
        wrong=WRONG_IDS,
        classes=4,
        exact=MANY_CLASSES,
    ),
    Case(
        loss="SparseCategoricalCrossentropy",
        label="probabilities",
        draw=ids_probabilities,
        reference=crossentropy(False),
        edges={"corners": (np.array([0, 0]), CORNERS)},
        classes=4,
    ),
    Case(
        loss="SparseCategoricalCrossentropy",
        label="weights",
        config={
            "from_logits": True,
            "class_weights": WEIGHTS,
            "label_smoothing": 0.1,
        },
        draw=ids_logits,
        reference=crossentropy(True, smoothing=0.1, weights=WEIGHTS),
        edges={**ID_EDGES, "huge": HUGE_IDS},
        wrong=WRONG_IDS,
        classes=4,
    ),
    Case(
        loss="SparseCategoricalCrossentropy",
        label="ignore_class",
        config={"from_logits": True, "ignore_class": 3, "label_smoothing": 0.1},
        draw=counting_first(ids_logits),
        reference=without(3, crossentropy(True, smoothing=0.1)),
        edges={"none": (np.array([3, 3]), HUGE)},
        classes=4,
    ),
    Case(
        loss="Hinge",
        draw=binary_logits,
        reference=hinge(1),
        edges={"huge": HUGE_BINARY, "margin": ON_THE_MARGIN},
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="Hinge",
        label="weights",
        config={"class_weights": WEIGHTS, "pos_weight": 3.0},
        draw=signed_logits,
        reference=hinge(1, WEIGHTS, 3.0),
        not_applicable={"vector": "one weight per column needs four columns"},
    ),
    Case(
        loss="SquaredHinge",
        draw=signed_logits,
        reference=hinge(2),
        edges={"huge": HUGE_BINARY, "margin": ON_THE_MARGIN},
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="CategoricalHinge",
        draw=one_hot_logits,
        reference=categorical_hinge(),
        edges={"huge": (CORNERS, HUGE), "tied": TIED},
        wrong=WRONG_ROWS,
    ),
    Case(
        loss="CategoricalHinge",
        label="weights",
        config={"class_weights": WEIGHTS},
        draw=one_hot_logits,
        reference=categorical_hinge(WEIGHTS),
        not_applicable={"vector": "one weight per class needs four classes"},
    ),
    Case(
        loss="BinaryFocalCrossentropy",
        label="logits",
        config={"from_logits": True},
        draw=binary_logits,
        reference=binary_focal(True),
        edges={
            **BINARY_EDGES,
            "huge": HUGE_BINARY,
            "zero": (CORNERS, np.zeros((2, 4))),
        },
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="BinaryFocalCrossentropy",
        label="probabilities",
        config={
            "apply_class_balancing": True,
            "alpha": 0.6,
            "gamma": 1.5,
            "label_smoothing": 0.1,
        },
        draw=binary_probabilities,
        reference=binary_focal(False, 1.5, alpha=0.6, smoothing=0.1),
        edges={"corners": (CORNERS, CORNERS[::-1]), "match": (CORNERS, CORNERS)},
    ),
    Case(
        loss="BinaryFocalCrossentropy",
        label="soft",
        config={"from_logits": True, "gamma": 0.5, "pos_weight": WEIGHTS},
        draw=soft_logits,
        reference=binary_focal(True, 0.5, positive=WEIGHTS),
        edges={**BINARY_EDGES, "huge": HUGE_BINARY, "half": (0.5 + 0 * CORNERS, HUGE)},
        wrong=WRONG_BINARY,
        not_applicable={"vector": "one weight per column needs four columns"},
    ),
    Case(
        loss="SigmoidFocal",
        config={"from_logits": True},
        draw=soft_logits,
        reference=binary_focal(True, alpha=0.25),
        edges={**BINARY_EDGES, "huge": HUGE_BINARY, "half": (0.5 + 0 * CORNERS, HUGE)},
        wrong=WRONG_BINARY,
    ),
    Case(
        loss="CategoricalFocalCrossentropy",
        label="logits",
        config={"from_logits": True, "label_smoothing": 0.1},
        draw=one_hot_logits,
        reference=focal(True, smoothing=0.1),
        edges={**ROW_EDGES, "huge": HUGE_ROWS},
        wrong=WRONG_ROWS,
    ),
    Case(
        loss="CategoricalFocalCrossentropy",
        label="probabilities",
        config={"gamma": 1.5, "alpha": WEIGHTS, "class_weights": {1: 3.0}},
        draw=soft_probabilities,
        reference=focal(False, 1.5, alpha=WEIGHTS, weights=(1.0, 3.0, 1.0, 1.0)),
        edges={
            "corners": (CORNERS, CORNERS[::-1]),
            "zero row": (CORNERS, np.zeros((2, 4))),
        },
        not_applicable={"vector": "one alpha per class needs four classes"},
    ),
    Case(
        loss="CategoricalFocalCrossentropy",
        label="weights",
        config={
            "from_logits": True,
            "gamma": 0.5,
            "alpha": (0.5, 0.0, 1.0, 1.5),
            "class_weights": {1: 3.0},
        },
        draw=one_hot_logits,
        reference=focal(True, 0.5, (0.5, 0.0, 1.0, 1.5), weights=(1.0, 3.0, 1.0, 1.0)),
        edges=ROW_EDGES,
        not_applicable={"vector": "one alpha per class needs four classes"},
    ),
    Case(
        loss="SparseCategoricalFocalCrossentropy",
        label="logits",
        config={"from_logits": True, "gamma": 0.5},
        draw=ids_logits,
        reference=focal(True, 0.5),
        edges={**ID_EDGES, "huge": HUGE_IDS},
        wrong=WRONG_IDS,
        classes=4,
        exact=MANY_CLASSES,
    ),
    Case(
        loss="SparseCategoricalFocalCrossentropy",
        label="probabilities",
        config={"alpha": WEIGHTS, "label_smoothing": 0.1},
        draw=ids_probabilities,
        reference=focal(False, alpha=WEIGHTS, smoothing=0.1),
        edges={"corners": (np.array([0, 0]), CORNERS)},
        classes=4,
    ),
    Case(
        loss="SparseCategoricalFocalCrossentropy",
        label="ignore_class",
        config={"ignore_class": 1},
        draw=counting_first(ids_probabilities),
        reference=without(1, focal(False)),
        edges={"none": (np.array([1, 1]), CORNERS)},
        classes=4,
    ),
    Case(
        loss="CategoricalGeneralizedCrossEntropy",
        label="ids",
        draw=ids_probabilities,
        reference=generalized(0.5, False),
        edges={"corners": (np.array([0, 0]), CORNERS)},
        classes=4,
    ),
    Case(
        loss="CategoricalGeneralizedCrossEntropy",
        label="rows",
        config={"q": 0.7, "from_logits": True, "class_weights": WEIGHTS},
        draw=one_hot_logits,
        reference=generalized(0.7, True, WEIGHTS),
        edges={**ROW_EDGES, "huge": HUGE_ROWS},
        wrong=(CORNERS, 4 - 8 * CORNERS),
        not_applicable={
            "vector": "one column is read as class ids",
            "shapes": "one column is read as class ids",
        },
    ),
    Case(
        loss="KLDivergence",
        label="probabilities",
        draw=soft_probabilities,
        reference=kl_divergence(False),
        edges={
            "corners": (CORNERS, CORNERS[::-1]),
            "match": (CORNERS, CORNERS),
            "zero row": (CORNERS, np.zeros((2, 4))),
        },
    ),
    Case(
        loss="KLDivergence",
        label="logits",
        config={"from_logits": True, "class_weights": WEIGHTS},
        draw=lambda rng, n: (rng.dirichlet(np.ones(4), n), 2 * rng.normal(size=(n, 4))),
        reference=kl_divergence(True, WEIGHTS),
        edges={**ROW_EDGES, "huge": HUGE_ROWS},
        wrong=WRONG_ROWS,
        not_applicable={"vector": "one weight per class needs four classes"},
    ),
)
