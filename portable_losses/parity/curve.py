"""The curve of a loss: value and gradient while one number of the prediction moves."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from portable_losses.parity.as_function import as_function
from portable_losses.parity.autodiff import LossFunction, facts
from portable_losses.parity.case import Array
from portable_losses.parity.lane import Lane
from portable_losses.parity.reference import along

POINTS = 41
"""Points of a curve: an odd number, so that the middle of a range is one of them."""

AROUND = 4.0
"""How far a prediction of any size moves to either side."""

LOGITS = 30.0
"""How far logits move: beyond 17, float32 has no probability between them and 1."""

Line = dict[str, list[float | str]]
"""`value` and `gradient` at the points; what is not finite is a word."""


def measure(lane: Lane) -> dict[str, Any]:
    """The curve of a case on the backend of its lane.

    Of the drawn predictions, the number moves on which the reference depends most. On
    NumPy the line is that of the reference in float64.

    Returns:
        `at`: the index of the number; `points`: where it moves; `ours`: the line;
        `keras`: that of Keras's loss, where the case's stands in for one, or
        `keras_rejects`: why that has none.
    """
    t, p = lane.inputs("drawn")
    at = steepest(lane.expected("drawn").gradient)
    points = span(p, at, lane.case.edges.values(), takes_logits(lane.make()))
    found: dict[str, Any] = {"at": list(at), "points": shown(points)}
    if not facts(lane.autodiff.NAME).gradients:
        if lane.case.reference is not None:
            values, gradients = along(lane.case.reference, t, p, at, points)
            found["ours"] = {"value": shown(values), "gradient": shown(gradients)}
        return found

    def on_backend(fn: LossFunction) -> Line:
        def evaluate(q: Array) -> tuple[Any, Any]:
            with lane.autodiff.on(lane.device):
                result = lane.autodiff.evaluate(fn, lane.modes[0], t, q)
            return result.value, result.gradient

        return line(evaluate, p, at, points)

    found["ours"] = on_backend(lane.function())
    original = lane.original() if lane.original is not None else None
    if original is not None and not getattr(lane.make(), "hyperparameters", ()):
        try:
            # With the very arguments of ours: else the two are not the same loss.
            found["keras"] = on_backend(as_function(original(**lane.case.config)))
        except Exception as error:
            said = str(error).strip().partition("\n")[0]
            found["keras_rejects"] = f"{type(error).__name__}: {said}"
    return found


def line(
    evaluate: Callable[[Array], tuple[Any, Any]],
    p: Array,
    at: tuple[int, ...],
    points: Array,
) -> Line:
    """Value and gradient while the number at an index moves."""
    values, gradients = [], []
    for x in points:
        q = p.copy()
        q[at] = x
        value, gradient = evaluate(q)
        values.append(float(value))
        gradients.append(float(np.asarray(gradient)[at]))
    return {"value": shown(values), "gradient": shown(gradients)}


def steepest(gradient: Array) -> tuple[int, ...]:
    """The index of the largest element of a gradient, of which some may be unknown."""
    size = np.abs(np.where(np.isfinite(gradient), gradient, 0.0))
    return tuple(int(i) for i in np.unravel_index(np.argmax(size), size.shape))


def takes_logits(loss: Any) -> bool:
    """Whether a loss says of its arguments that predictions are logits."""
    of_logits = getattr(loss, "from_logits", False) is True
    return of_logits or getattr(loss, "activation", None) is not None


def span(
    p: Array, at: tuple[int, ...], edges: Iterable[Any] = (), logits: bool = False
) -> Array:
    """Where the number moves: the range of probabilities, of rates, or around it."""
    every = [np.ravel(p), *(np.ravel(np.asarray(q, "float64")) for _, q in edges)]
    numbers = np.concatenate(every)
    numbers = numbers[np.isfinite(numbers)]
    low, high = float(numbers.min(initial=0.0)), float(numbers.max(initial=0.0))
    if logits:
        return np.linspace(-LOGITS, LOGITS, POINTS)
    if low >= 0 and high <= 1:
        return np.linspace(0.0, 1.0, POINTS)
    if low >= 0:
        return np.linspace(0.0, max(5.0, float(p[at])), POINTS)
    if -1 <= low and high <= 1:
        return np.linspace(-1.0, 1.0, POINTS)
    return float(p[at]) + np.linspace(-AROUND, AROUND, POINTS)


def shown(numbers: Iterable[float]) -> list[float | str]:
    """Numbers of JSON, with the digits that a picture shows, and words for others."""
    return [
        float(f"{x:.6g}") if math.isfinite(x) else str(float(x)) for x in map(float, numbers)
    ]
