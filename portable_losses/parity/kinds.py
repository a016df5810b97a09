"""Inputs for a loss the catalogue does not know, by what the loss takes."""

import numpy as np

from portable_losses.parity.case import Case, Pair


def _real(rng: np.random.Generator, n: int) -> Pair:
    return rng.normal(size=(n, 3)), 2.0 * rng.normal(size=(n, 3))


def _positive(rng: np.random.Generator, n: int) -> Pair:
    return rng.gamma(2.0, size=(n, 3)), rng.gamma(2.0, size=(n, 3))


def _binary_logits(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 2, (n, 3)).astype("float64"), 2.0 * rng.normal(size=(n, 3))


def _binary(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 2, (n, 3)).astype("float64"), rng.uniform(0.05, 0.95, (n, 3))


def _rows_logits(rng: np.random.Generator, n: int) -> Pair:
    return np.eye(4)[rng.integers(0, 4, n)], 2.0 * rng.normal(size=(n, 4))


def _rows(rng: np.random.Generator, n: int) -> Pair:
    return np.eye(4)[rng.integers(0, 4, n)], rng.dirichlet(np.full(4, 2.0), n)


def _ids_logits(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 4, n), 2.0 * rng.normal(size=(n, 4))


def _ids(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 4, n), rng.dirichlet(np.full(4, 2.0), n)


def _segmentation(rng: np.random.Generator, n: int) -> Pair:
    t = np.eye(3)[rng.integers(0, 3, (n, 4, 4))]
    return t, rng.dirichlet(np.full(3, 2.0), (n, 4, 4))


def _boxes(rng: np.random.Generator, n: int) -> Pair:
    def boxes() -> np.ndarray:
        corner = rng.uniform(0, 1, (n, 2))
        return np.concatenate([corner, corner + rng.uniform(0.2, 1, (n, 2))], axis=-1)

    return boxes(), boxes()


def _embeddings(rng: np.random.Generator, n: int) -> Pair:
    return rng.integers(0, 3, n), rng.normal(size=(n, 5))


_EXACT = np.array([[0.0, 1.5, -2.0], [3.0, 0.0, 0.25]])
_FAR = np.array([[1e3, -1e3, 10.0], [-1e3, 1e3, 100.0]])
_YES_NO = np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
_CORNERS = np.array([[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]])
_SURE = np.array([[-200.0, 200.0, 0.0, 0.0], [0.0, 0.0, 0.0, 200.0]])
_CLASSES = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
_WRONG_YES_NO: Pair = (_YES_NO, 400.0 * (0.5 - _YES_NO))
_WHOLE = "one column is another loss here"


def _case(draw: object, **facts: object) -> Case:
    return Case(loss="target", draw=draw, reference=None, **facts)  # type: ignore[arg-type]


KINDS: dict[str, Case] = {
    "regression": _case(
        _real, edges={"match": (_EXACT, _EXACT), "far": (np.zeros((2, 3)), _FAR)}
    ),
    "positive": _case(_positive),
    "binary": _case(
        _binary,
        edges={"corners": (_YES_NO, 1.0 - _YES_NO), "match": (_YES_NO, _YES_NO)},
    ),
    "binary_logits": _case(
        _binary_logits,
        edges={"zero": (_YES_NO, 0.0 * _YES_NO), "saturated": _WRONG_YES_NO},
        wrong=_WRONG_YES_NO,
    ),
    "categorical": _case(
        _rows,
        edges={"corners": (_CLASSES, _CORNERS), "match": (_CLASSES, _CLASSES)},
        not_applicable={"vector": _WHOLE},
    ),
    "categorical_logits": _case(
        _rows_logits,
        edges={"saturated": (_CLASSES, _SURE)},
        wrong=(_CLASSES, _SURE),
        not_applicable={"vector": _WHOLE},
    ),
    "sparse": _case(_ids, edges={"corners": (np.array([0, 1]), _CORNERS)}, classes=4),
    "sparse_logits": _case(
        _ids_logits,
        edges={"saturated": (np.array([0, 1]), _SURE)},
        wrong=(np.array([0, 1]), _SURE),
        classes=4,
    ),
    "segmentation": _case(_segmentation),
    "boxes": _case(_boxes, not_applicable={"vector": "a box has four numbers"}),
    "embeddings": _case(_embeddings, kind="batch"),
}
"""Kinds of inputs by name, with their non-differentiable points and extremes."""
