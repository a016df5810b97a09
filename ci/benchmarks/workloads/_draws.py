"""How inputs are drawn: targets and predictions, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Rng = np.random.Generator
Shape = tuple[int, ...]
Array = Any
Draw = Callable[[Rng, Shape], tuple[Array, ...]]
One = Callable[[Rng, Shape], Array]


def pair(true: One, pred: One) -> Draw:
    """Targets by one rule, predictions by another."""
    return lambda rng, shape: (true(rng, shape), pred(rng, shape))


def normal(rng: Rng, shape: Shape) -> Array:
    """Real numbers around 0; as logits not so far out that Keras clips them."""
    return rng.normal(scale=1.5, size=shape).astype("float32")


def uniform(low: float, high: float) -> One:
    """Real numbers between two."""
    return lambda rng, shape: rng.uniform(low, high, shape).astype("float32")


def integers(low: int, high: int) -> One:
    """Whole numbers from `low`, below `high`."""
    return lambda rng, shape: rng.integers(low, high, shape).astype("int32")


def as_float(rule: One) -> One:
    """The same numbers as floats, as many data pipelines have them."""
    return lambda rng, shape: rule(rng, shape).astype("float32")


def signs(rng: Rng, shape: Shape) -> Array:
    """Labels of -1 and 1."""
    return (2 * rng.integers(0, 2, shape) - 1).astype("float32")


def distributions(rng: Rng, shape: Shape) -> Array:
    """Rows of probabilities over the last axis."""
    p = np.exp(rng.normal(scale=1.5, size=shape))
    return (p / p.sum(axis=-1, keepdims=True)).astype("float32")


def one_hot(rng: Rng, shape: Shape) -> Array:
    """One-hot rows over the last axis, whole numbers."""
    ids = rng.integers(0, shape[-1], shape[:-1])
    return np.eye(shape[-1], dtype="int32")[ids]


def indices(rng: Rng, shape: Shape) -> Array:
    """Class indices for predictions of that shape."""
    return rng.integers(0, shape[-1], shape[:-1]).astype("int32")
