"""Inputs of the kinds with structured arrays: label maps, boxes, embeddings."""

import numpy as np

from portable_losses.parity.examine.draws import (
    YES,
    Array,
    Pair,
    binary,
    binary_edges,
    categorical,
    cycle,
    ids,
    one_hot,
)


def regions(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    if shape[-1] == 1:
        return binary(rng, shape)
    return categorical(rng, shape)


def region_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = one_hot(ids(shape), shape)
    if shape[-1] == 1:
        return binary_edges(shape)
    present = np.zeros(shape)
    present[..., 0] = 1.0
    return {
        "exact match": (t, t),
        "corners, wrong": (t, np.roll(t, 1, axis=-1)),
        "absent classes": (present, np.full(shape, 1.0 / shape[-1])),
        "absent and not predicted": (present, present),
    }


def boxes(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    def boxes() -> Array:
        corner = rng.uniform(0, 1, (*shape[:-1], 2))
        size = rng.uniform(0.2, 1, (*shape[:-1], 2))
        return np.concatenate([corner, corner + size], axis=-1)

    return boxes(), boxes()


def box_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = cycle([0.0, 0.0, 1.0, 1.0, 0.25, 0.5, 2.0, 1.5], shape)
    point = cycle([0.5, 0.5, 0.5, 0.5], shape)
    inside = t + cycle([0.1, 0.1, -0.1, -0.2], shape)
    return {
        "exact match": (t, t),
        "disjoint": (t, t + 5.0),
        "touching": (t, t + cycle([1.0, 0, 1.0, 0, 1.75, 0, 1.75, 0], shape)),
        "one inside the other": (t, inside),
        "empty predicted box": (t, point),
        "both boxes empty": (point, point),
    }


def embeddings(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return np.resize([0, 1, 2, 0, 1, 2], shape[0]), rng.normal(size=shape)


def embedding_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    labels = np.resize([0, 1, 2, 0, 1, 2], shape[0])
    p = np.random.default_rng(7).normal(size=shape)
    equal = p[np.resize([0, 1], shape[0])]
    zero = p.copy()
    zero[0] = 0.0
    return {
        "equal embeddings": (labels, equal),
        "all embeddings equal": (labels, np.ones(shape)),
        "a zero embedding": (labels, zero),
        "one label": (np.zeros(shape[0], "int32"), p),
        "no label twice": (np.arange(shape[0]), p),
    }


def views(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    p = rng.normal(size=shape)
    return p + 0.5 * rng.normal(size=shape), p


def view_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    p = np.random.default_rng(7).normal(size=shape)
    zero = p.copy()
    zero[0] = 0.0
    return {
        "equal views": (p, p),
        "a zero embedding": (p + 0.1, zero),
        "all embeddings equal": (p, np.ones(shape)),
    }


def pairs(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.integers(0, 2, shape).astype("float64"), rng.gamma(2.0, 0.4, size=shape)


def pair_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = cycle(YES, shape)
    return {
        "distance 0": (t, np.zeros(shape)),
        "distance 1": (t, np.ones(shape)),
        "far": (t, np.full(shape, 50.0)),
    }


def quantiles(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.normal(size=(shape[0], 1)), rng.normal(size=shape)


def quantile_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = cycle([0.0, 1.5, -2.0], (shape[0], 1))
    return {
        "exact match": (t, np.broadcast_to(t, shape)),
        "far away": (t, cycle([100.0, -100.0], shape)),
    }


def sequences(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    labels = rng.integers(1, shape[-1], (shape[0], 2))
    return labels, rng.normal(size=shape)


def sequence_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    labels = np.resize(np.arange(1, shape[-1]), (shape[0], 2))
    frames = np.resize(np.arange(shape[1]), shape[:2]) % shape[-1]
    sure = one_hot(frames, shape)
    return {
        "zero": (labels, np.zeros(shape)),
        "sure": (labels, 20.0 * sure),
        "one label twice": (np.ones_like(labels), np.zeros(shape)),
    }
