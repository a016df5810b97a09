"""What a loss takes: how its inputs are drawn, and the points where losses go wrong.

All inputs of a kind have one shape, so that a backend compiles once for all of them.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Pair = tuple[Array, Array]

SAMPLES = 6
"""Samples of a batch; not the number of columns, so that axes cannot be mistaken."""

COLUMNS = 4


@dataclasses.dataclass(frozen=True)
class Kind:
    """Inputs of one kind.

    Args:
        draw: `draw(rng, shape)` returns targets and predictions; `shape` is that of
            the predictions.
        shape: of the predictions, the samples first.
        edges: `edges(shape)` returns named inputs, of the same shapes.
        wrong: names of the edges at which every sample is confidently wrong, so that
            its gradient must be alive.
        right: the edge that must cost less than those of `wrong`.
        couples: whether items may depend on the other samples of the batch.
        scalar: whether the loss is one number a batch.
        words: what it is, for people.
    """

    draw: Callable[[np.random.Generator, tuple[int, ...]], Pair]
    shape: tuple[int, ...] = (SAMPLES, COLUMNS)
    edges: Callable[[tuple[int, ...]], dict[str, Pair]] = lambda shape: {}
    wrong: tuple[str, ...] = ()
    right: str = ""
    couples: bool = False
    scalar: bool = False
    words: str = ""

    def inputs(self, shape: tuple[int, ...] | None = None) -> dict[str, Pair]:
        """All inputs by name: three drawn batches, then the edges."""
        shape = shape or self.shape
        found = {
            f"drawn {seed}": self.draw(np.random.default_rng(seed), shape)
            for seed in range(3)
        }
        found |= self.edges(shape)
        return {name: single(pair) for name, pair in found.items()}


def single(pair: Pair) -> Pair:
    """Inputs as people pass them: float32 and int32."""
    t, p = (np.asarray(x) for x in pair)
    kinds = {"i": "int32", "u": "int32", "b": "float32"}
    return t.astype(kinds.get(t.dtype.kind, "float32")), p.astype("float32")


def _cycle(values: Any, shape: tuple[int, ...]) -> Array:
    """Values in turn over a whole array."""
    return np.resize(np.asarray(values, "float64"), shape)


# --- real targets ---------------------------------------------------------------------


def _real(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.normal(size=shape), 2.0 * rng.normal(size=shape)


def _real_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = _cycle([0.0, 1.5, -2.0, 3.0, 0.25], shape)
    far = _cycle([100.0, -100.0, 50.0, -30.0, 90.0], shape)
    one = t + _cycle([1.0, 0.0, -1.0, 0.5, -0.5, 2.0, 0.0], shape)
    nothing = np.zeros(shape)
    return {
        "exact match": (t, t),
        "match in some places": (t, one),
        "far away": (np.zeros(shape) + 0.5, far),
        "zeros predicted": (t + 1.0, nothing),
        "zero targets": (nothing, t + 1.0),
        "all zero": (nothing, nothing),
    }


def _positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.gamma(2.0, size=shape) + 0.05, rng.gamma(2.0, size=shape) + 0.05


def _positive_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = _cycle([0.5, 1.5, 2.0, 3.0, 0.25], shape)
    return {
        "exact match": (t, t),
        "small": (t, _cycle([1e-3, 1e-2, 2e-3], shape)),
        "large": (t, _cycle([50.0, 100.0, 80.0], shape)),
    }


def _counts(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.poisson(3.0, shape).astype("float64"), rng.gamma(2.0, size=shape) + 0.1


def _count_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = _cycle([0, 1, 2, 0, 7], shape)
    return {
        "exact match": (t, np.maximum(t, 0.5)),
        "no events": (np.zeros(shape), _cycle([0.01, 0.5, 2.0], shape)),
        "rate 0": (np.zeros(shape), np.zeros(shape)),
        "large": (t, _cycle([50.0, 100.0, 80.0], shape)),
    }


def _count_logits(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.poisson(3.0, shape).astype("float64"), rng.normal(size=shape)


def _count_logit_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = _cycle([0, 1, 2, 0, 7], shape)
    return {
        "no events": (np.zeros(shape), _cycle([0.1, -3.0, 2.0], shape)),
        "rate 1": (t, np.zeros(shape)),
        "large": (t, _cycle([20.0, -20.0, 10.0], shape)),
    }


# --- labels ---------------------------------------------------------------------------

_YES = (1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0)


def _binary(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    t = rng.integers(0, 2, shape).astype("float64")
    return t, rng.uniform(0.05, 0.95, shape)


def _binary_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = _cycle(_YES, shape)
    return {
        "exact match": (t, t),
        "nearly wrong": (t, np.abs(1.0 - t - 0.01)),
        "corners, wrong": (t, 1.0 - t),
        "no positive": (np.zeros(shape), np.full(shape, 0.3)),
        "nothing at all": (np.zeros(shape), np.zeros(shape)),
        "one half": (t, np.full(shape, 0.5)),
    }


def _binary_logits(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.integers(0, 2, shape).astype("float64"), 2.0 * rng.normal(size=shape)


def _binary_logit_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = _cycle(_YES, shape)
    return {
        "zero": (t, np.zeros(shape)),
        "one": (t, 2.0 * t - 1.0),
        "sure and right": (t, 60.0 * (t - 0.5)),
        "sure and wrong": (t, 60.0 * (0.5 - t)),
        "huge and wrong": (t, 400.0 * (0.5 - t)),
    }


def _one_hot(ids: Array, shape: tuple[int, ...]) -> Array:
    return np.eye(shape[-1])[ids]


def _ids(shape: tuple[int, ...]) -> Array:
    return np.resize(np.arange(shape[-1]), shape[:-1])


def _probabilities(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.dirichlet(np.full(shape[-1], 2.0), shape[:-1])


def _categorical(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    ids = rng.integers(0, shape[-1], shape[:-1])
    return _one_hot(ids, shape), _probabilities(rng, shape)


def _categorical_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = _one_hot(_ids(shape), shape)
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


def _categorical_logits(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    ids = rng.integers(0, shape[-1], shape[:-1])
    return _one_hot(ids, shape), 2.0 * rng.normal(size=shape)


def _categorical_logit_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = _one_hot(_ids(shape), shape)
    other = np.roll(t, 1, axis=-1)
    one = np.zeros(shape)
    one[..., 0] = 1.0
    return {
        "zero": (t, np.zeros(shape)),
        "sure and right": (t, 40.0 * t),
        "sure and wrong": (t, 40.0 * other),
        "huge and wrong": (t, 200.0 * other - 100.0),
        "one class only": (one, np.zeros(shape)),
    }


def _as_ids(of: Callable[..., Any]) -> Callable[..., Any]:
    """The same with class indices in place of one-hot labels."""

    def ids(pair: Pair) -> Pair:
        return pair[0].argmax(axis=-1).astype("int32"), pair[1]

    def drawn(*arguments: Any) -> Any:
        found = of(*arguments)
        if isinstance(found, dict):
            return {name: ids(pair) for name, pair in found.items()}
        return ids(found)

    return drawn


# --- the rest -------------------------------------------------------------------------


def _regions(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    if shape[-1] == 1:
        return _binary(rng, shape)
    return _categorical(rng, shape)


def _region_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = _one_hot(_ids(shape), shape)
    if shape[-1] == 1:
        return _binary_edges(shape)
    present = np.zeros(shape)
    present[..., 0] = 1.0
    return {
        "exact match": (t, t),
        "corners, wrong": (t, np.roll(t, 1, axis=-1)),
        "absent classes": (present, np.full(shape, 1.0 / shape[-1])),
        "absent and not predicted": (present, present),
    }


def _boxes(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    def boxes() -> Array:
        corner = rng.uniform(0, 1, (*shape[:-1], 2))
        size = rng.uniform(0.2, 1, (*shape[:-1], 2))
        return np.concatenate([corner, corner + size], axis=-1)

    return boxes(), boxes()


def _box_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = _cycle([0.0, 0.0, 1.0, 1.0, 0.25, 0.5, 2.0, 1.5], shape)
    point = _cycle([0.5, 0.5, 0.5, 0.5], shape)
    inside = t + _cycle([0.1, 0.1, -0.1, -0.2], shape)
    return {
        "exact match": (t, t),
        "disjoint": (t, t + 5.0),
        "touching": (t, t + _cycle([1.0, 0, 1.0, 0, 1.75, 0, 1.75, 0], shape)),
        "one inside the other": (t, inside),
        "empty predicted box": (t, point),
        "both boxes empty": (point, point),
    }


def _embeddings(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return np.resize([0, 1, 2, 0, 1, 2], shape[0]), rng.normal(size=shape)


def _embedding_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    ids = np.resize([0, 1, 2, 0, 1, 2], shape[0])
    p = np.random.default_rng(7).normal(size=shape)
    equal = p[np.resize([0, 1], shape[0])]
    zero = p.copy()
    zero[0] = 0.0
    return {
        "equal embeddings": (ids, equal),
        "all embeddings equal": (ids, np.ones(shape)),
        "a zero embedding": (ids, zero),
        "one label": (np.zeros(shape[0], "int32"), p),
        "no label twice": (np.arange(shape[0]), p),
    }


def _views(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    p = rng.normal(size=shape)
    return p + 0.5 * rng.normal(size=shape), p


def _view_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    p = np.random.default_rng(7).normal(size=shape)
    zero = p.copy()
    zero[0] = 0.0
    return {
        "equal views": (p, p),
        "a zero embedding": (p + 0.1, zero),
        "all embeddings equal": (p, np.ones(shape)),
    }


def _pairs(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.integers(0, 2, shape).astype("float64"), rng.gamma(2.0, 0.4, size=shape)


def _pair_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = _cycle(_YES, shape)
    return {
        "distance 0": (t, np.zeros(shape)),
        "distance 1": (t, np.ones(shape)),
        "far": (t, np.full(shape, 50.0)),
    }


def _quantiles(rng: np.random.Generator, shape: tuple[int, ...]) -> Pair:
    return rng.normal(size=(shape[0], 1)), rng.normal(size=shape)


def _quantile_edges(shape: tuple[int, ...]) -> dict[str, Pair]:
    t = _cycle([0.0, 1.5, -2.0], (shape[0], 1))
    return {
        "exact match": (t, np.broadcast_to(t, shape)),
        "far away": (t, _cycle([100.0, -100.0], shape)),
    }


_MAP = (SAMPLES, 3, 5, 2)

KINDS: dict[str, Kind] = {
    "regression": Kind(
        _real,
        edges=_real_edges,
        wrong=("far away",),
        right="exact match",
        words="real targets and predictions of one shape",
    ),
    "positive": Kind(
        _positive, edges=_positive_edges, words="positive targets and predictions"
    ),
    "counts": Kind(_counts, edges=_count_edges, words="counts and positive rates"),
    "counts_logits": Kind(
        _count_logits, edges=_count_logit_edges, words="counts and logarithms of rates"
    ),
    "binary": Kind(
        _binary,
        edges=_binary_edges,
        wrong=("nearly wrong",),
        right="exact match",
        words="0 or 1, and probabilities",
    ),
    "binary_logits": Kind(
        _binary_logits,
        edges=_binary_logit_edges,
        wrong=("sure and wrong", "huge and wrong"),
        right="sure and right",
        words="0 or 1, and logits",
    ),
    "categorical": Kind(
        _categorical,
        edges=_categorical_edges,
        wrong=("nearly wrong",),
        right="exact match",
        words="one-hot labels and class probabilities",
    ),
    "categorical_logits": Kind(
        _categorical_logits,
        edges=_categorical_logit_edges,
        wrong=("sure and wrong", "huge and wrong"),
        right="sure and right",
        words="one-hot labels and logits",
    ),
    "sparse": Kind(
        _as_ids(_categorical),
        edges=_as_ids(_categorical_edges),
        wrong=("nearly wrong",),
        right="exact match",
        words="class indices and class probabilities",
    ),
    "sparse_logits": Kind(
        _as_ids(_categorical_logits),
        edges=_as_ids(_categorical_logit_edges),
        wrong=("sure and wrong", "huge and wrong"),
        right="sure and right",
        words="class indices and logits",
    ),
    "segmentation": Kind(
        _regions, _MAP, _region_edges, words="maps of labels and probabilities"
    ),
    "boxes": Kind(_boxes, edges=_box_edges, words="boxes x1, y1, x2, y2"),
    "embeddings": Kind(
        _embeddings,
        (SAMPLES, 5),
        _embedding_edges,
        couples=True,
        words="labels (B,) and embeddings (B, D)",
    ),
    "two_views": Kind(
        _views,
        (SAMPLES, 5),
        _view_edges,
        couples=True,
        words="two embeddings (B, D) of each sample",
    ),
    "pairs": Kind(
        _pairs, (SAMPLES, 1), _pair_edges, words="whether two are alike, and a distance"
    ),
    "quantiles": Kind(
        _quantiles,
        (SAMPLES, 3),
        _quantile_edges,
        words="a target (B, 1) and its quantiles (B, Q)",
    ),
    "statistic": Kind(
        _real,
        edges=_real_edges,
        couples=True,
        scalar=True,
        words="real targets and predictions, and one number a batch",
    ),
}
"""What a loss takes, by name."""

KINDS["regression_logits"] = KINDS["regression"]
KINDS["positive_logits"] = Kind(
    lambda rng, shape: (rng.gamma(2.0, size=shape) + 0.05, rng.normal(size=shape)),
    edges=_count_logit_edges,
    words="positive targets and logarithms of predictions",
)
