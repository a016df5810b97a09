"""A row of the chart: an operation, its reference, and the points to test."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from portable_losses.parity.case import Array

DTYPES = ("float32", "float16", "bfloat16")
SINGLE = ("float32",)
"""For operations that no backend has in half precision."""

ANY = "any"
"""Instead of a gradient: any number is right, but the backends must agree."""


@dataclasses.dataclass(frozen=True)
class Promise:
    """What `portable_losses.ops` promises at a point beyond the reference.

    Args:
        value: the value; None for that of the reference.
        gradients: the gradient of each input; None for what the reference allows.
    """

    value: Any = None
    gradients: tuple[Any, ...] | None = None


@dataclasses.dataclass(frozen=True)
class Point:
    """One input of an operation.

    Args:
        label: what is special about the point, such as "tie".
        inputs: arrays with respect to which the operation is differentiated.
        gradients: the gradient of each input, where differences of the reference do not
            give it, as at an infinity; NaN for an element that is not judged.
        promise: what `portable_losses.ops` promises here.
        dtypes: the dtypes in which the point is tested.
    """

    label: str
    inputs: tuple[Array, ...]
    gradients: tuple[Any, ...] | None = None
    promise: Promise = Promise()
    dtypes: tuple[str, ...] = DTYPES


@dataclasses.dataclass(frozen=True, eq=False)
class Op:
    """An operation and its expected results.

    Args:
        name: its name in `keras.ops`, such as "abs" or "image.resize".
        call: `call(ops, *inputs)` gives a tensor or several; `ops` is a namespace.
        reference: the same in NumPy, of float64 arrays.
        points: the points at which it is tested.
        given: the other arguments, as text for the chart.
        elementwise: whether all points can be tested in one call.
        derivative: the derivative of a function of one number, where differences do not
            give it.
        dtypes: the dtypes in which it is tested.
    """

    name: str
    call: Callable[..., Any]
    reference: Callable[..., Any]
    points: tuple[Point, ...]
    given: str = ""
    elementwise: bool = False
    derivative: Callable[..., Any] | None = None
    dtypes: tuple[str, ...] = DTYPES

    @property
    def title(self) -> str:
        """How the chart names it."""
        return f"{self.name}, {self.given}" if self.given else self.name


def named(name: str, namespace: Any) -> Any:
    """The function of that name; raises AttributeError where there is none."""
    for part in name.split("."):
        namespace = getattr(namespace, part)
    return namespace


def one(number: float) -> Array:
    """An input of an elementwise operation."""
    return np.array([number], "float64")


def elementwise(
    name: str,
    reference: Callable[..., Any],
    at: Sequence[float | tuple[float, ...]],
    *,
    promises: dict[Any, tuple[Any, Any]] | None = None,
    gradients: dict[Any, Any] | None = None,
    derivative: Callable[..., Any] | None = None,
    given: str = "",
    call: Callable[..., Any] | None = None,
    dtypes: tuple[str, ...] = DTYPES,
) -> Op:
    """The row of a function of one number, or of several.

    Args:
        name: see `Op`.
        reference: see `Op`.
        at: the numbers, or tuples of them.
        promises: `{number: (value, gradient)}`, see `Promise`; a gradient of several
            numbers is a tuple, and None is not judged.
        gradients: `{number: gradient}`, see `Point`.
        derivative: see `Op`; used at infinities and close to 0.
        given: see `Op`.
        call: by default the function without other arguments.
        dtypes: see `Op`.
    """
    points = []
    stated, promised = dict(gradients or {}), dict(promises or {})
    for numbers in at:
        key = numbers
        numbers = numbers if isinstance(numbers, tuple) else (numbers,)
        # -0.0 and 0.0 are one key of a dictionary.
        promise = Promise()
        if key in promised:
            value, gradient = promised[key]
            promise = Promise(value, _each(gradient))
        known = _each(stated[key]) if key in stated else None
        label = ", ".join(f"{x:g}" for x in numbers)
        inputs = tuple(one(x) for x in numbers)
        points.append(Point(label, inputs, known, promise))
    return Op(
        name,
        call or (lambda ops, *inputs: named(name, ops)(*inputs)),
        reference,
        tuple(points),
        given,
        True,
        derivative,
        dtypes,
    )


def _each(gradient: Any) -> tuple[Any, ...]:
    gradients = gradient if isinstance(gradient, tuple) else (gradient,)
    return tuple(one(np.nan if x is None else x) for x in gradients)


def point(label: str, *inputs: Any, **rest: Any) -> Point:
    """A point of arrays; `promise=(value, gradient, ...)` says what ours promises."""
    promise = rest.pop("promise", None)
    if promise is not None:
        value, *slopes = promise
        rest["promise"] = Promise(value, tuple(slopes) or None)
    arrays = tuple(np.asarray(x, "float64") for x in inputs)
    return Point(label, arrays, **rest)


def op(
    name: str,
    reference: Callable[..., Any],
    *points: Point,
    given: str = "",
    call: Callable[..., Any] | None = None,
    dtypes: tuple[str, ...] = DTYPES,
    **arguments: Any,
) -> Op:
    """The row of a function of arrays; `arguments` go to it, and are shown."""

    def plain(ops: Any, *inputs: Any) -> Any:
        return named(name, ops)(*inputs, **arguments)

    shown = given or ", ".join(f"{k}={v!r}" for k, v in arguments.items())
    return Op(name, call or plain, reference, points, shown, dtypes=dtypes)
