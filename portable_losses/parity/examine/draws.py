"""Inputs of each kind: random batches, and points at which losses often fail."""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Pair = tuple[Array, Array]


def cycle(values: Any, shape: tuple[int, ...]) -> Array:
    """An array of some shape, filled with the values in turn."""
    return np.resize(np.asarray(values, "float64"), shape)


# --- real targets ---------------------------------------------------------------------


def real(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.normal(size=shape), 2.0 * rng.normal(size=shape)


def real_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = cycle([0.0, 1.5, -2.0, 3.0, 0.25], shape)
    far = cycle([100.0, -100.0, 50.0, -30.0, 90.0], shape)
    one = t + cycle([1.0, 0.0, -1.0, 0.5, -0.5, 2.0, 0.0], shape)
    nothing = np.zeros(shape)
    return {
        "exact match": (t, t),
        "match in some places": (t, one),
        "far away": (np.zeros(shape) + 0.5, far),
        "zeros predicted": (t + 1.0, nothing),
        "zero targets": (nothing, t + 1.0),
        "all zero": (nothing, nothing),
    }


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.gamma(2.0, size=shape) + 0.05, rng.gamma(2.0, size=shape) + 0.05


def positive_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = cycle([0.5, 1.5, 2.0, 3.0, 0.25], shape)
    return {
        "exact match": (t, t),
        "small": (t, cycle([1e-3, 1e-2, 2e-3], shape)),
        "large": (t, cycle([50.0, 100.0, 80.0], shape)),
    }


def counts(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.poisson(3.0, shape).astype("float64"), rng.gamma(2.0, size=shape) + 0.1


def count_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = cycle([0, 1, 2, 0, 7], shape)
    return {
        "exact match": (t, np.maximum(t, 0.5)),
        "no events": (np.zeros(shape), cycle([0.01, 0.5, 2.0], shape)),
        "rate 0": (np.zeros(shape), np.zeros(shape)),
        "large": (t, cycle([50.0, 100.0, 80.0], shape)),
    }


def count_logits(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.poisson(3.0, shape).astype("float64"), rng.normal(size=shape)


def count_logit_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = cycle([0, 1, 2, 0, 7], shape)
    return {
        "no events": (np.zeros(shape), cycle([0.1, -3.0, 2.0], shape)),
        "rate 1": (t, np.zeros(shape)),
        "large": (t, cycle([20.0, -20.0, 10.0], shape)),
    }


# --- labels ---------------------------------------------------------------------------

YES = (1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0)


def binary(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    t = rng.integers(0, 2, shape).astype("float64")
    return t, rng.uniform(0.05, 0.95, shape)


def binary_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = cycle(YES, shape)
    return {
        "exact match": (t, t),
        "nearly wrong": (t, np.abs(1.0 - t - 0.01)),
        "corners, wrong": (t, 1.0 - t),
        "no positive": (np.zeros(shape), np.full(shape, 0.3)),
        "nothing at all": (np.zeros(shape), np.zeros(shape)),
        "one half": (t, np.full(shape, 0.5)),
    }


def binary_logits(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.integers(0, 2, shape).astype("float64"), 2.0 * rng.normal(size=shape)


def binary_logit_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = cycle(YES, shape)
    return {
        "zero": (t, np.zeros(shape)),
        "one": (t, 2.0 * t - 1.0),
        "sure and right": (t, 60.0 * (t - 0.5)),
        "sure and wrong": (t, 60.0 * (0.5 - t)),
        "huge and wrong": (t, 400.0 * (0.5 - t)),
    }


def one_hot(ids: Array, shape: tuple[int, ...]) -> Array:
    return np.eye(shape[-1])[ids]


def ids(shape: tuple[int, ...]) -> Array:
    return np.resize(np.arange(shape[-1]), shape[:-1])


def probabilities(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.dirichlet(np.full(shape[-1], 2.0), shape[:-1])


def categorical(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    ids = rng.integers(0, shape[-1], shape[:-1])
    return one_hot(ids, shape), probabilities(rng, shape)


def categorical_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = one_hot(ids(shape), shape)
    other = np.roll(t, 1, axis=-1)
    near = 0.97 * other + 0.03 * (1.0 - other) / max(shape[-1] - 1, 1)
    one = np.zeros(shape)
    one[..., 0] = 1.0
    return {
        "exact match": (t, t),
        "nearly wrong": (t, near),
        "corners, wrong": (t, other),
        "uniform": (t, np.full(shape, 1.0 / shape[-1])),
        "one class only": (one, np.full(shape, 1.0 / shape[-1])),
    }


def categorical_logits(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    ids = rng.integers(0, shape[-1], shape[:-1])
    return one_hot(ids, shape), 2.0 * rng.normal(size=shape)


def categorical_logit_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = one_hot(ids(shape), shape)
    other = np.roll(t, 1, axis=-1)
    one = np.zeros(shape)
    one[..., 0] = 1.0
    return {
        "zero": (t, np.zeros(shape)),
        "one": (t, t),  # the margin of a hinge loss
        "sure and right": (t, 40.0 * t),
        "sure and wrong": (t, 40.0 * other),
        "huge and wrong": (t, 200.0 * other - 100.0),
        "one class only": (one, np.zeros(shape)),
    }


def cosines(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    ids = rng.integers(0, shape[-1], shape[:-1])
    return one_hot(ids, shape), rng.uniform(-0.9, 0.9, shape)


def cosine_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = one_hot(ids(shape), shape)
    towards = 2.0 * t - 1.0
    return {
        "nearly right": (t, 0.95 * towards),
        "nearly wrong": (t, -0.95 * towards),
        "corners, right": (t, towards),
        "corners, wrong": (t, -towards),
        "orthogonal": (t, np.zeros(shape)),
    }


def as_ids(of: Callable[..., Any]) -> Callable[..., Any]:
    """The same with class indices in place of one-hot labels."""

    def ids(pair: Pair) -> Pair:
        return pair[0].argmax(axis=-1).astype("int32"), pair[1]

    def drawn(*arguments: Any) -> Any:
        found = of(*arguments)
        if isinstance(found, dict):
            return {name: ids(pair) for name, pair in found.items()}
        return ids(found)

    return drawn
