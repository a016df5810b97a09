"""Cases of the regression losses."""

from typing import Any

import numpy as np

from portable_losses.parity.case import Array, Case, Pair

WEIGHTS = (0.5, 2.0, 1.0)
EPSILON = 1e-7  # Keras's


def real(rng: np.random.Generator, n: int) -> Pair:
    """Targets and predictions on the real line."""
    return rng.normal(size=(n, 3)), 2.0 * rng.normal(size=(n, 3))


def positive(rng: np.random.Generator, n: int) -> Pair:
    """Targets and predictions above 0."""
    return rng.gamma(2.0, size=(n, 3)), rng.gamma(2.0, size=(n, 3))


def counts(rng: np.random.Generator, n: int) -> Pair:
    """Whole targets and predicted rates."""
    return rng.poisson(3.0, (n, 3)), rng.gamma(3.0, size=(n, 3))


def vectors(rng: np.random.Generator, n: int) -> Pair:
    """Vectors along the second axis."""
    return rng.normal(size=(n, 3, 2)), rng.normal(size=(n, 3, 2))


def quantile_columns(rng: np.random.Generator, n: int) -> Pair:
    """A column per quantile against targets without that axis."""
    return rng.normal(size=(n, 2)), 2.0 * rng.normal(size=(n, 2, 3))


def quantile_rows(rng: np.random.Generator, n: int) -> Pair:
    """A column per quantile against targets with a trailing 1."""
    return rng.normal(size=(n, 1)), 2.0 * rng.normal(size=(n, 3))


EXACT = np.array([[0.0, 1.5, -2.0], [3.0, 0.0, 0.25]])
MATCH: Pair = (EXACT, EXACT)
FAR: Pair = (np.zeros((2, 3)), np.array([[1e4, -1e4, 10.0], [-1e4, 1e4, 1e3]]))


def squared_error(y_true: Array, y_pred: Array) -> Any:
    return np.mean((y_true - y_pred) ** 2, axis=-1)


def weighted_squared_error(y_true: Array, y_pred: Array) -> Any:
    return np.mean(np.array(WEIGHTS) * (y_true - y_pred) ** 2, axis=-1)


def huber(delta: float) -> Any:
    """Huber 1964: quadratic inside delta, linear outside."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        r = np.abs(y_true - y_pred)
        return np.mean(np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)), axis=-1)

    return reference


def absolute_error(y_true: Array, y_pred: Array) -> Any:
    return np.mean(np.abs(y_true - y_pred), axis=-1)


def percentage_error(y_true: Array, y_pred: Array) -> Any:
    size = np.maximum(np.abs(y_true), EPSILON)
    return 100 * np.mean(np.abs(y_true - y_pred) / size, axis=-1)


def symmetric_percentage_error(y_true: Array, y_pred: Array) -> Any:
    size = np.maximum((np.abs(y_true) + np.abs(y_pred)) / 2, EPSILON)
    return np.mean(100 * np.abs(y_true - y_pred) / size, axis=-1)


def squared_logarithmic_error(y_true: Array, y_pred: Array) -> Any:
    t, p = (np.maximum(np.asarray(x, "float64"), EPSILON) for x in (y_true, y_pred))
    return np.mean((np.log1p(p) - np.log1p(t)) ** 2, axis=-1)


def smooth_l1(beta: float) -> Any:
    """Girshick 2015, eq. 3, with the joint at beta; the absolute error at 0."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        r = np.abs(y_true - y_pred)
        square = r**2 / (2 * beta) if beta else r
        return np.mean(np.where(r < beta, square, r - beta / 2), axis=-1)

    return reference


def log_cosh(y_true: Array, y_pred: Array) -> Any:
    r = np.abs(np.asarray(y_true, "float64") - y_pred)
    # cosh r == 1 + 2 sinh(r / 2)^2
    near = np.log1p(2 * np.sinh(np.minimum(r, 1.0) / 2) ** 2)
    far = r + np.log1p(np.exp(-2 * r)) - np.log(2)
    return np.mean(np.where(r < 1, near, far), axis=-1)


def poisson(y_true: Array, y_pred: Array) -> Any:
    return np.mean(y_pred - y_true * np.log(y_pred + EPSILON), axis=-1)


def cosine(axis: int) -> Any:
    """The negative cosine; 0 for a zero vector, where its slope is a convention."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        lengths = [
            np.sqrt(np.sum(np.asarray(x, "float64") ** 2, axis=axis))
            for x in (y_true, y_pred)
        ]
        zero = (lengths[0] == 0) | (lengths[1] == 0)
        # Not a number hardly off 0: no direction there says what the slope at 0 is.
        lengths[1] = np.where(lengths[1] < 1e-5, np.nan, lengths[1])
        dot = np.sum(np.asarray(y_true, "float64") * y_pred, axis=axis)
        return -np.where(zero, 0.0, dot / np.where(zero, 1.0, lengths[0] * lengths[1]))

    return reference


def pinball(q: Any, crossing_penalty: float = 0.0) -> Any:
    """Koenker and Bassett 1978: q above the prediction, 1 - q below."""

    def reference(y_true: Array, y_pred: Array) -> Any:
        t = y_true
        if isinstance(q, tuple):
            t = np.reshape(y_true, (*y_pred.shape[:-1], 1))
        levels = np.asarray(q)
        items = np.mean(
            np.where(t >= y_pred, levels * (t - y_pred), (1 - levels) * (y_pred - t)),
            axis=-1,
        )
        if crossing_penalty:
            falls = np.maximum(-np.diff(y_pred, axis=-1), 0)
            items = items + crossing_penalty * np.mean(falls, axis=-1)
        return items

    return reference


CASES = (
    Case(
        loss="MeanSquaredError",
        draw=real,
        reference=squared_error,
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
    Case(
        loss="MeanSquaredError",
        label="class_weights",
        config={"class_weights": WEIGHTS},
        draw=real,
        reference=weighted_squared_error,
        not_applicable={"vector": "one weight per column needs three columns"},
    ),
    Case(
        loss="Huber",
        draw=real,
        reference=huber(1.0),
        edges={
            "match": MATCH,
            "far": FAR,
            "joint": (np.zeros((2, 3)), np.array([[1.0, -1.0, 0.5], [2.0, 1.0, 0.0]])),
        },
        wrong=FAR,
    ),
    Case(
        loss="Huber",
        label="delta=0.3",
        config={"delta": 0.3},
        draw=real,
        reference=huber(0.3),
    ),
    Case(
        loss="SmoothL1",
        label="beta=0.5",
        config={"beta": 0.5},
        draw=real,
        reference=smooth_l1(0.5),
        edges={
            "match": MATCH,
            "far": FAR,
            "joint": (np.zeros((2, 3)), np.array([[0.5, -0.5, 0.2], [2.0, 0.5, 0.0]])),
        },
        wrong=FAR,
    ),
    Case(
        loss="SmoothL1",
        label="beta=0",
        config={"beta": 0.0},
        draw=real,
        reference=smooth_l1(0.0),
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
    Case(
        loss="MeanAbsoluteError",
        draw=real,
        reference=absolute_error,
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
    Case(
        loss="MeanAbsolutePercentageError",
        draw=real,
        reference=percentage_error,
        edges={"match": MATCH, "far from 0": FAR, "far": (FAR[1], EXACT)},
        wrong=FAR,
    ),
    Case(
        loss="SymmetricMeanAbsolutePercentageError",
        draw=real,
        reference=symmetric_percentage_error,
        edges={
            "match": MATCH,
            "far": (FAR[1], EXACT),
            "signs": (np.array([[1.0, -1.0, 2.0]]), np.array([[-3.0, 1.0, 0.0]])),
        },
    ),
    Case(
        loss="MeanSquaredLogarithmicError",
        draw=positive,
        reference=squared_logarithmic_error,
        edges={
            "match": (np.abs(EXACT), np.abs(EXACT)),
            "negative": (np.abs(EXACT), -np.abs(EXACT)),
            "far": (np.abs(EXACT), np.abs(FAR[1])),
        },
    ),
    Case(
        loss="LogCosh",
        draw=real,
        reference=log_cosh,
        edges={
            "match": MATCH,
            "far": FAR,
            "near": (np.zeros((2, 3)), np.array([[1e-4, -1e-3, 1e-5], [3e-4, 0, 0]])),
        },
        wrong=FAR,
    ),
    Case(
        loss="Poisson",
        draw=counts,
        reference=poisson,
        edges={
            "match": (np.array([[1, 5, 2]]), np.array([[1.0, 5.0, 3.0]])),
            "no counts": (np.zeros((1, 3), "int64"), np.array([[0.0, 1e-3, 1e4]])),
            "low rate": (np.array([[1, 5, 200]]), np.array([[1e-3, 1e-2, 0.1]])),
        },
        wrong=(np.array([[5, 0, 200]]), np.array([[1e-3, 1e4, 0.1]])),
    ),
    Case(
        loss="CosineSimilarity",
        draw=real,
        reference=cosine(-1),
        edges={
            "zero": (
                np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
                np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]),
            ),
            "long": (FAR[1], np.array([[1e4, 1e4, -1e3], [1e3, 1e-3, 1e4]])),
            "short": (EXACT, np.array([[1e-3, 2e-3, 1e-3], [-1e-3, 1e-3, 0.0]])),
        },
    ),
    Case(
        loss="CosineSimilarity",
        label="axis=1",
        config={"axis": 1},
        draw=vectors,
        reference=cosine(1),
    ),
    Case(
        loss="Quantile",
        label="one",
        config={"quantiles": 0.3},
        draw=real,
        reference=pinball(0.3),
        edges={"match": MATCH, "far": FAR},
        wrong=FAR,
    ),
    Case(
        loss="Quantile",
        label="three",
        config={"quantiles": (0.1, 0.5, 0.9)},
        draw=quantile_columns,
        reference=pinball((0.1, 0.5, 0.9)),
        edges={"match": (EXACT[:, :2], EXACT[:, :2, None] + np.zeros(3))},
    ),
    Case(
        loss="Quantile",
        label="crossing",
        config={"quantiles": (0.1, 0.5, 0.9), "crossing_penalty": 2.0},
        draw=quantile_rows,
        reference=pinball((0.1, 0.5, 0.9), crossing_penalty=2.0),
        edges={"equal": (np.array([[1.0], [0.0]]), np.array([[1.0, 1, 1], [2, 2, 1]]))},
        wrong=(np.array([[0.0], [0.0]]), np.array([[9.0, 5, 1], [1e4, -1e4, 0]])),
    ),
)
