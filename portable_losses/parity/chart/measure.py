"""Runs a row at its points on the backend of this process."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from portable_losses.parity.autodiff import Autodiff
from portable_losses.parity.case import Array
from portable_losses.parity.chart.expected import (
    is_for,
    result_of,
    rounded,
    weights_of,
)
from portable_losses.parity.chart.op import Op, Point, named

Answer = dict[str, Any]
"""`value` and `gradients`, flat lists (`gradients` None where the backend has none), or
`error`, what the operation raised, with the value where only its gradient raised."""

Answers = dict[str, dict[str, dict[str, Answer]]]
"""By namespace, dtype and number of the point."""

ABSENT = "not there"
RAISES = "raises"


class WrongShape(ValueError):
    """A result has another shape than the reference."""


def measure(row: Op, spaces: dict[str, Any], on: Autodiff, mode: str) -> Answers:
    """The answers of each namespace at each point of a row.

    Args:
        row: the row.
        spaces: the namespaces by name, such as `keras.ops`.
        on: how to differentiate.
        mode: one of its modes.
    """
    calls: list[_Call] = []
    answers: Answers = {}
    for kind, space in spaces.items():
        answers[kind] = {}
        for dtype in row.dtypes:
            points = {str(i): p for i, p in enumerate(row.points) if is_for(p, dtype)}
            found = answers[kind][dtype] = {}
            if not is_there(row.name, space):
                found |= {i: {"error": ABSENT} for i in points}
                continue
            every = [points] if row.elementwise else [{i: p} for i, p in points.items()]
            calls += [_Call(row, some, space, dtype, found) for some in every if some]
    try:
        # One program for all points, since compilation takes most of the time.
        _ask(calls, on, mode)
    except Exception:  # whatever a backend raises; each point says its own below
        for call in calls:
            _one_by_one(call, on, mode)
    return answers


def is_there(name: str, space: Any) -> bool:
    """Whether a namespace has an operation."""
    try:
        named(name, space)
    except AttributeError:
        return False
    return True


def _one_by_one(call: "_Call", on: Autodiff, mode: str) -> None:
    try:
        _ask([call], on, mode)
    except Exception as error:
        if len(call.points) > 1:
            for part in call.parts():
                _one_by_one(part, on, mode)
            return
        call.fail(_said(error))
        try:
            call.values(on)
        except Exception as other:
            call.fail(_said(other))


def _said(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # TensorFlow's message begins with the traceback; the error is the last line.
    first = lines[-1 if lines[0] == "in user code:" else 0] if lines else ""
    if isinstance(error, WrongShape):
        return first
    kind = type(error).__name__
    first = first.removeprefix(f"{kind}: ")
    return f"{RAISES} {kind}" + (f": {first[:160]}" if first else "")


def _ask(calls: Sequence["_Call"], on: Autodiff, mode: str) -> None:
    """Value and gradients of several calls, from one call of the backend.

    The value is obtained as a gradient too: that of sum(value * weights) by the
    weights. So both come from the same mode, on every backend with gradients.
    """
    if not calls:
        return
    ends = np.cumsum([call.length for call in calls])
    cuts = list(zip([0, *ends[:-1]], ends, strict=True))

    def total(_: Any, numbers: Any, *rest: Any) -> Any:
        sums = [
            call.total(numbers[int(start) : int(end)])
            for call, (start, end) in zip(calls, cuts, strict=True)
        ]
        return sum(sums[1:], sums[0])

    # TensorFlow shall not rewrite the source of a row, as it does not with a loss in
    # Keras's own training step: it reads lambdas wrongly.
    total.autograph_info__ = {}  # type: ignore[attr-defined]
    packed = np.concatenate([call.packed() for call in calls])
    result = on.evaluate(total, mode, None, packed)
    for call, (start, end) in zip(calls, cuts, strict=True):
        if result.gradient is None:
            call.values(on)
        else:
            call.keep(result.gradient[start:end])


class _Call:
    """One call of an operation: at one point, or elementwise at several.

    Args:
        row: the operation.
        points: the points by number.
        space: the namespace of the operation.
        dtype: dtype to which the inputs are cast.
        found: gets the answers, by the number of the point.
    """

    def __init__(
        self,
        row: Op,
        points: dict[str, Point],
        space: Any,
        dtype: str,
        found: dict[str, Answer],
    ) -> None:
        self.row, self.points, self.space = row, points, space
        self.dtype, self.found = dtype, found
        columns = zip(*(p.inputs for p in points.values()), strict=True)
        inputs = [x[0] if len(x) == 1 else np.concatenate(x) for x in columns]
        self.inputs = [rounded(x, dtype) for x in inputs]
        value, self.shape = result_of(row, self.inputs)
        self.weights = weights_of(row, value.size)
        self.sizes = [x.size for x in self.inputs]
        self.length = sum(self.sizes) + value.size

    def parts(self) -> list["_Call"]:
        """A call for each point."""
        return [
            _Call(self.row, {i: p}, self.space, self.dtype, self.found)
            for i, p in self.points.items()
        ]

    def packed(self) -> Array:
        """The inputs, one after the other, and the weights."""
        every = [*(x.ravel() for x in self.inputs), self.weights]
        with np.errstate(over="ignore"):
            return np.concatenate(every).astype("float32")

    def value(self, numbers: Any) -> Any:
        """The flat result, in float32, of inputs that are slices of `numbers`."""
        tensors, start = [], 0
        for x in self.inputs:
            cut = keras.ops.reshape(numbers[start : start + x.size], x.shape)
            tensors.append(keras.ops.cast(cut, self.dtype))
            start += x.size
        result = self.row.call(self.space, *tensors)
        if self.shape is None:
            flat = [keras.ops.reshape(x, (-1,)) for x in result]
            result = keras.ops.concatenate(flat)
        elif None not in result.shape and tuple(result.shape) != self.shape:
            # A graph may not know the shape yet.
            raise WrongShape(f"the shape is {tuple(result.shape)}, not {self.shape}")
        return keras.ops.cast(keras.ops.reshape(result, (-1,)), "float32")

    def total(self, numbers: Any) -> Any:
        """sum(value * weights), where inputs and weights are slices of `numbers`."""
        value = self.value(numbers)
        weights = numbers[sum(self.sizes) : self.length]
        weights = keras.ops.reshape(weights, self.weights.shape)
        return keras.ops.sum(keras.ops.multiply(value, weights))

    def values(self, on: Autodiff) -> None:
        """Keep the values only."""

        def value(_: Any, numbers: Any, *rest: Any) -> Any:
            return self.value(numbers)

        flat = on.value(value, None, self.packed()).value
        self._split(flat, None)

    def keep(self, gradient: Array) -> None:
        """Keep values and gradients, from the gradient by all that was packed."""
        *gradients, value = np.split(gradient, np.cumsum(self.sizes))
        self._split(value, gradients)

    def fail(self, said: str) -> None:
        """Keep the error that was raised."""
        for i in self.points:
            self.found[i] = {"error": said}

    def _split(self, value: Array, gradients: list[Array] | None) -> None:
        for place, i in enumerate(self.points):
            at = slice(place, place + 1) if self.row.elementwise else slice(None)
            answer = self.found.setdefault(i, {})
            answer["value"] = value[at].tolist()
            answer["gradients"] = None
            if gradients is not None:
                answer["gradients"] = [g[at].tolist() for g in gradients]
