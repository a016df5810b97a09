"""Numbers that move, that is, change while a model trains.

A loss may hold a `Moving` in place of a number. It is a `Hyperparameter`, the public
class in `training`, or a `Formula` of several; its leaves are the Hyperparameters.
"""

import functools
import math
import numbers
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras

from portable_losses.core.config import rebuilt, restored
from portable_losses.core.rules import Rule, Value

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
}
_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


class Moving:
    """A number, or a vector of them, that may change between two training steps.

    `+`, `-`, `*` and `/` with numbers and with each other make a `Formula`, whose value
    follows its operands: `alpha=w, beta=1.0 - w`. A comparison with a number uses the
    present value. Two of them are equal only if they are the same object, because Keras
    keeps metrics in dicts and lists.
    """

    __array_ufunc__ = None  # else NumPy would compute `number * w`

    def leaves(self) -> tuple["Moving", ...]:
        """The Hyperparameters in it, each once."""
        raise NotImplementedError

    def value_if(self, new: Mapping[int, Value]) -> Value:
        """The value that it has if the leaves with these ids have these values."""
        raise NotImplementedError

    def tensor(self, dtype: str) -> Any:
        """The value of this step as a tensor, also in compiled code."""
        raise NotImplementedError

    def require(self, owner: object, key: object, rule: Rule) -> None:
        """Check the value by a rule of a loss, now and each time a leaf is set."""
        raise NotImplementedError

    @property
    def value(self) -> Value:
        """The value as a Python number, or a tuple of them."""
        return self.value_if({})

    def __float__(self) -> float:
        return float(self.value)  # type: ignore[arg-type]  # raises TypeError for a vector

    def __bool__(self) -> bool:
        return _one(self) != 0.0

    def __eq__(self, other: object) -> Any:
        if isinstance(other, Moving):
            return self is other
        if is_number(other) or isinstance(other, tuple | list):
            return self.value == (tuple(other) if isinstance(other, list) else other)
        return NotImplemented

    __hash__ = object.__hash__  # Keras keeps metrics in sets

    def __lt__(self, other: Any) -> Any:
        return _compared(operator.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return _compared(operator.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return _compared(operator.gt, self, other)

    def __ge__(self, other: Any) -> Any:
        return _compared(operator.ge, self, other)

    # An array would be a constant: compiled code would keep the present value.

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        _reject_constant(self)

    def __jax_array__(self) -> Any:
        _reject_constant(self)

    def __tf_tensor__(self, *args: Any, **kwargs: Any) -> Any:
        _reject_constant(self)

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
class Formula(Moving):
    """An operation of two operands, at least one of which moves.

    Args:
        operation: add, subtract, multiply or divide.
        left: the first operand.
        right: the second operand.
    """

    def __init__(self, operation: str, left: Any, right: Any) -> None:
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
            _reject_constant(moving)
        return NotImplemented  # of a loss, for example, which has the operator itself
    sides = (x if isinstance(x, Moving) else float(x) for x in (left, right))
    return Formula(operation, *sides)


def is_number(x: Any) -> bool:
    """Whether it is a number of Python or NumPy, or a `Moving` that is one number."""
    return isinstance(x, Moving | numbers.Real) and not isinstance(x, bool)


def is_zero(value: Any) -> bool:
    """Whether it is the constant 0; the tensor of a Hyperparameter never is."""
    return isinstance(value, int | float) and value == 0


def _combined(operation: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    if not isinstance(left, tuple) and not isinstance(right, tuple):
        return _number(operation, left, right)
    size = len(left) if isinstance(left, tuple) else len(right)  # type: ignore[arg-type]
    left, right = (x if isinstance(x, tuple) else (x,) * size for x in (left, right))
    if len(left) != len(right):
        _messages().reject_lengths(len(left), len(right))
    return tuple(_number(operation, a, b) for a, b in zip(left, right, strict=True))


def _number(operation: Callable[[Any, Any], Any], left: float, right: float) -> float:
    try:
        return float(operation(left, right))
    except ZeroDivisionError:  # inf or NaN, as with tensors
        return math.copysign(math.inf, right) * left


def _compared(comparison: Callable[[Any, Any], Any], left: Moving, right: Any) -> Any:
    return comparison(_one(left), _one(right)) if is_number(right) else NotImplemented


def _one(x: Any) -> float:
    value: Any = x.value if isinstance(x, Moving) else x
    if isinstance(value, tuple):
        _messages().reject_vector(x)
    return float(value)


def _reject_constant(moving: Moving) -> None:
    _messages().reject_constant(moving)


def _messages() -> Any:
    """The module of the error messages, which imports this one."""
    from portable_losses.core import held

    return held


def moves(x: Any) -> bool:
    """Whether it is a `Moving`, or a container or a loss of the package with one."""
    if isinstance(x, Moving):
        return True
    if isinstance(x, tuple | list):
        return any(map(moves, x))
    if isinstance(x, dict):
        return any(map(moves, x.values()))
    return _is_loss_that_moves(x)


def _is_loss_that_moves(x: Any) -> bool:
    return isinstance(x, keras.losses.Loss) and getattr(x, "_moving", False)


def leaves_in(x: Any) -> list[Any]:
    """The Hyperparameters in an argument, and in the losses in it, each once."""
    return list({id(leaf): leaf for leaf in _leaves(x)}.values())


def _leaves(x: Any) -> Iterator[Moving]:
    if isinstance(x, Moving):
        yield from x.leaves()
    elif isinstance(x, tuple | list):
        for inner in x:
            yield from _leaves(inner)
    elif isinstance(x, dict):
        yield from _leaves(list(x.values()))
    else:
        own = getattr(x, "_leaves", None)  # of a loss
        found = getattr(x, "hyperparameters", ()) if own is None else own()
        yield from _leaves(found)


def now(x: Any, dtype: str) -> Any:
    """An argument in which each `Moving` is replaced by its tensor of this step."""
    if isinstance(x, Moving):
        return x.tensor(dtype)
    if isinstance(x, tuple | list):
        return rebuilt(x, (now(inner, dtype) for inner in x))
    if isinstance(x, dict):
        return {key: now(inner, dtype) for key, inner in x.items()}
    return x._now() if _is_loss_that_moves(x) else x


def as_numbers(x: Any, new: Mapping[int, Value] | None = None) -> Any:
    """An argument in which each `Moving` is replaced by its Python numbers.

    `new` has values of leaves by their ids, which are used as if they were set.
    """
    if isinstance(x, Moving):
        return x.value_if(new or {})
    if isinstance(x, tuple | list):
        return rebuilt(x, (as_numbers(inner, new) for inner in x))
    if isinstance(x, dict):
        return {key: as_numbers(inner, new) for key, inner in x.items()}
    if _is_loss_that_moves(x):
        still = object.__new__(type(x))
        still.__dict__.update(as_numbers(vars(x), new), _moving=False)
        return still
    return x


def claim(holder: Any, x: Any) -> None:
    """Give the rules that a constructor has made for an argument to its object."""
    for leaf in leaves_in(x):
        leaf.rules.claim(holder)


def require_of_all(
    owner: object, key: object, x: Any, rule: Callable[[Any], object]
) -> None:
    """Check an argument by a rule, now and each time a Hyperparameter in it is set."""

    def of_leaf(leaf: int, new: Value) -> None:
        rule(as_numbers(x, {leaf: new}))  # the other leaves have their present values

    rule(as_numbers(x))
    for leaf in leaves_in(x):
        leaf.require(owner, key, functools.partial(of_leaf, id(leaf)))


def is_vector(x: Any) -> bool:
    """Whether an argument is a vector: a tuple, or a tensor of one axis."""
    return isinstance(x, tuple) or len(getattr(x, "shape", ())) == 1


def all_numbers(values: Any) -> bool:
    """Whether a vector holds Python numbers only, and no tensor of a Hyperparameter."""
    return isinstance(values, tuple) and not any(map(keras.ops.is_tensor, values))


def as_vector(values: Any, dtype: str) -> Any:
    """A vector of numbers and tensors as one tensor."""
    if all_numbers(values) or not isinstance(values, tuple):
        return keras.ops.convert_to_tensor(values, dtype)
    return keras.ops.stack([keras.ops.convert_to_tensor(x, dtype) for x in values])
