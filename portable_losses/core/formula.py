"""Formulas of numbers that move, such as `1.0 - w`."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import keras

from portable_losses.core import arguments, held
from portable_losses.core.config import restored
from portable_losses.core.moving import (
    Moving,
    is_number,
    leaves_in,
    now,
    require_of_all,
)
from portable_losses.core.rules import Rule, Value

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
}
_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


class Operand(Moving):
    """A `Moving` with the operators `+`, `-`, `*` and `/`.

    With numbers and with each other they make a `Formula`, whose value follows its
    operands: `alpha=w, beta=1.0 - w`.
    """

    __array_ufunc__ = None  # else NumPy would compute `number * w`

    def __add__(self, other: Any) -> Any:
        return _formula("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return _formula("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return _formula("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _formula("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return _formula("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _formula("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return _formula("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _formula("divide", other, self)

    def __neg__(self) -> Any:
        return _formula("multiply", -1.0, self)


@keras.saving.register_keras_serializable("portable_losses")
class Formula(Operand):
    """An operation of two operands, at least one of which moves.

    Args:
        operation: add, subtract, multiply or divide.
        left: the first operand.
        right: the second operand.
    """

    def __init__(self, operation: str, left: Any, right: Any) -> None:
        arguments.choice(self, "operation", operation, _OPERATIONS)
        for name, side in (("left", left), ("right", right)):
            if not isinstance(side, Moving):
                arguments.number(self, name, side, infinite=True)
        self.operation, self.left, self.right = operation, left, right

    def leaves(self) -> tuple[Moving, ...]:
        return tuple(leaves_in((self.left, self.right)))

    def value_if(self, new: Mapping[int, Value]) -> Value:
        left, right = (
            x.value_if(new) if isinstance(x, Moving) else x
            for x in (self.left, self.right)
        )
        return _combined(_OPERATIONS[self.operation], left, right)

    def tensor(self, dtype: str) -> Any:
        left, right = (now(x, dtype) for x in (self.left, self.right))
        return _OPERATIONS[self.operation](left, right)

    def require(self, owner: object, key: object, rule: Rule) -> None:
        require_of_all(owner, (key, id(self)), self, rule)

    def get_config(self) -> dict[str, Any]:
        """Return the operation and the operands."""
        return {"operation": self.operation, "left": self.left, "right": self.right}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Formula":
        """Make it from `get_config()`, as it is or as it was read from a file."""
        return cls(**restored(config))

    def __repr__(self) -> str:
        return f"({self.left!r} {_SIGNS[self.operation]} {self.right!r})"


def _formula(operation: str, left: Any, right: Any) -> Any:
    if not (is_number(left) and is_number(right)):
        moving, other = (left, right) if isinstance(left, Moving) else (right, left)
        tensor = hasattr(other, "__array__") or keras.ops.is_tensor(other)
        if tensor and not isinstance(other, keras.losses.Loss):
            held.reject_constant(moving)
        return (
            NotImplemented  # so that Python calls the operator of a loss, for example
        )
    sides = (x if isinstance(x, Moving) else float(x) for x in (left, right))
    return Formula(operation, *sides)


def _combined(operation: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    if not isinstance(left, tuple) and not isinstance(right, tuple):
        return _number(operation, left, right)
    size = len(left) if isinstance(left, tuple) else len(right)  # type: ignore[arg-type]
    left, right = (x if isinstance(x, tuple) else (x,) * size for x in (left, right))
    if len(left) != len(right):
        held.reject_lengths(len(left), len(right))
    return tuple(_number(operation, a, b) for a, b in zip(left, right, strict=True))


def _number(operation: Callable[[Any, Any], Any], left: float, right: float) -> float:
    try:
        return float(operation(left, right))
    except ZeroDivisionError:  # inf or NaN, as with tensors
        return math.copysign(math.inf, right) * left
