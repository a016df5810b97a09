"""Numbers that move, that is, change while a model trains.

A loss may hold a `Moving` in place of a number. It is a `Hyperparameter`, the public
class in `training`, or a `Formula` of several; its leaves are the Hyperparameters. The
argument that holds it may be a container or another loss.
"""

import functools
import numbers
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras

from portable_losses.core.config import rebuilt
from portable_losses.core.rules import Rule, Value


class Moving:
    """A number, or a vector of them, that may change between two training steps.

    A comparison with a number uses the present value. Two of them are equal only if
    they are the same object, because Keras keeps metrics in dicts and lists. The
    operators `+`, `-`, `*` and `/` are those of `Operand`, in `formula`.
    """

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


# --- tests on values ----------------------------------------------------------------


def is_number(x: Any) -> bool:
    """Whether it is a number of Python or NumPy, or a `Moving` that is one number."""
    return isinstance(x, Moving | numbers.Real) and not isinstance(x, bool)


def is_zero(value: Any) -> bool:
    """Whether it is the constant 0; the tensor of a Hyperparameter never is."""
    return isinstance(value, int | float) and value == 0


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


# --- arguments in which something moves ---------------------------------------------


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
    """Tie the rules of a constructor argument to the life of the constructed loss."""
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
