"""The user's loss in float64 on the NumPy backend: the reference for the values.

Keras converts to float32 in several places, and so does the code of most losses, by
`cast(x, "float32")`. In this process both leave float64 unchanged.
"""

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

import portable_losses
from portable_losses.parity import stand_in
from portable_losses.parity.examine.finding import find
from portable_losses.parity.examine.sending import expected
from portable_losses.parity.examine.subject import Subject
from portable_losses.parity.reference import along, expect, takes_frozen
from portable_losses.parity.target import remade

SLOW = 40.0
"""Seconds for differences at every element; if they take longer, some are sampled."""


@functools.cache
def _keep() -> None:
    stand_in._keep_float64()


def first_of_equal(x: Any, k: int, **_: Any) -> tuple[Any, Any]:
    """`top_k` that takes the first of equal values, as on TensorFlow and JAX.

    That of the NumPy backend takes the last.
    """
    x = np.asarray(x)
    at = np.argsort(-x, axis=-1, kind="stable")[..., :k]
    return np.take_along_axis(x, at, axis=-1), at


@contextlib.contextmanager
def wide() -> Iterator[None]:
    """Make casts to float32 keep float64 arrays."""
    _keep()
    core = stand_in.part_of_backend(keras.ops.cast, "core")
    cast, convert = core.cast, core.convert_to_tensor

    def wider(x: Any, dtype: Any) -> Any:
        narrow = dtype is not None and keras.backend.standardize_dtype(dtype) in (
            "float32",
        )
        if narrow and str(getattr(x, "dtype", "")) in ("float64", "int32", "int64"):
            return "float64"
        return dtype

    math = stand_in.part_of_backend(keras.ops.top_k, "math")
    top_k = math.top_k
    math.top_k = first_of_equal
    core.cast = lambda x, dtype: cast(x, wider(x, dtype))
    core.convert_to_tensor = lambda x, dtype=None, **other: convert(
        x, dtype=wider(x, dtype), **other
    )
    try:
        yield
    finally:
        core.cast, core.convert_to_tensor = cast, convert
        math.top_k = top_k


def reference(
    subject: Subject, name: str | None
) -> Callable[[Any, Any], dict[str, Any]]:
    """A function for the float64 value, items and derivatives of a loss at an input.

    Args:
        subject: the loss.
        name: a NumPy function of the user, `file.py:function`, used instead.
    """
    items = find(name) if name else _items(subject)

    def at(t: Any, p: Any) -> dict[str, Any]:
        with wide(), np.errstate(all="ignore"):
            began = time.perf_counter()
            items(*(t, p, p)[: 3 if takes_frozen(items) else 2])
            took = (time.perf_counter() - began) * 2 * np.size(p)
            return expected(expect(items, t, p, sampled=took > SLOW))

    return at


def line(
    subject: Subject, name: str | None, t: Any, p: Any, at: Any, points: Any
) -> tuple[Any, Any]:
    """Value and gradient in float64 while the number at an index varies."""
    items = find(name) if name else _items(subject)
    with wide():
        return along(items, t, p, at, points)


def _with_arguments(loss: Any, arguments: dict[str, Any]) -> Any:
    """As `remade`; the terms of a sum keep their reduction, so it has no items."""
    if not isinstance(loss, portable_losses.Sum):
        return remade(loss, arguments)
    dtype = {"dtype": arguments["dtype"]}
    terms = {
        name: (weight, _with_arguments(term, {**dtype, "reduction": term.reduction}))
        for name, (weight, term) in loss.terms.items()
    }
    return portable_losses.Sum(terms, name=loss.name, **dtype)


def _items(subject: Subject) -> Callable[[Any, Any, Any], Any]:
    if subject.facts()["strict"]:
        return stand_in.float64_items(
            lambda **arguments: _with_arguments(subject.given, arguments)
        )
    constants = stand_in._Constants()
    total = getattr(subject.loss, "reduction", "") == "sum"

    def moved(t: Any, p: Any) -> Any:
        t = np.asarray(t, "float64")
        found = np.asarray(subject.loss.call(t, np.asarray(p, "float64")))
        return found.sum() if total else found

    def items(t: Any, p: Any, frozen: Any) -> Any:
        with constants.of(frozen, lambda: moved(t, frozen)):
            return moved(t, p)

    return items


def curvature(
    subject: Subject, t: Any, p: Any, v: Any, *, frozen: bool = True
) -> float:
    """The second derivative along a direction, by differences of float64 values.

    It is NaN where two step sizes disagree: a non-differentiable point is near.

    Args:
        subject: the loss.
        t: targets.
        p: predictions.
        v: the direction.
        frozen: whether terms under `stop_gradient` keep their value at p.
    """
    items = _items(subject)
    q = np.asarray(p, "float64")

    def mean(s: float) -> float:
        at = q + s * v
        found = items(t, at, q if frozen else at)
        found, kept = found if isinstance(found, tuple) else (found, None)
        return float(np.mean(found if kept is None else found[kept]))

    def along(step: float) -> float:
        return (mean(step) - 2 * mean(0.0) + mean(-step)) / step**2

    with wide(), np.errstate(all="ignore"):
        far, near, nearest = (along(step) for step in (2e-3, 1e-3, 2e-4))
    found = (4 * near - far) / 3
    close = abs(nearest - found) <= 5e-3 * max(abs(found), abs(nearest)) + 1e-4
    return found if close else float("nan")
